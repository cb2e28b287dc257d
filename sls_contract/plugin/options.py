"""The plugin's options: each on the command line and as an ini setting of the same name, read in one place."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args
from urllib.parse import urlsplit

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.errors import UsageError
from sls_contract.files import check_file_name
from sls_contract.locale import translated

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from sls_contract.captures.remote.suite import Suite

Choice = TypeVar("Choice", bound=str)
Mode: TypeAlias = Literal["none", "once", "new_episodes", "all", "verify"]
Unmarked: TypeAlias = Literal["block", "allow"]
UNMARKED: tuple[Unmarked, ...] = get_args(Unmarked)
MODES: tuple[Mode, ...] = get_args(Mode)
ACCEPTABLE = ("breaking", "additive", "benign", "evidence")
REFERENCE = "reference"

_INI_LISTS = (
    (
        "sls_hosts",
        "more hosts that cassettes record, besides the service's, such as sls.example.com or *.internal.example.com",
    ),
    ("sls_scrub", "regular expressions of texts that must not be written, besides the built-in ones"),
    ("sls_scrub_keys", "names of headers, query and JSON keys whose values must not be written, one per line"),
    ("sls_rename", "real=public: names to replace in what is written, one pair a line"),
)


class Settings(NamedTuple):
    """The checked settings of the run; see ``pytest --help`` for each."""

    record: Mode
    endpoint: str
    endpoint_given: bool
    project: str | None
    logstore: str | None
    region: str | None
    unmarked: Unmarked
    strict: bool
    max_age: timedelta | None
    accept: frozenset[str]
    reports: tuple[str, ...]
    cassette_dir: str | None
    hosts: tuple[str, ...]
    scrub: tuple[str, ...]
    scrub_keys: tuple[str, ...]
    rename: Mapping[str, str]
    hide_names: bool
    rootdir: Path
    unused: tuple[str, ...] = ()
    contract_dir: Path | None = None
    suite: Suite | None = None

    @property
    def owned_hosts(self) -> tuple[str, ...]:
        """The host patterns that cassettes own in addition to the service's: the configured ones and the endpoint's."""
        if self.endpoint == REFERENCE:
            return self.hosts
        host = urlsplit(self.endpoint).netloc.rpartition("@")[2]
        return (*self.hosts, host, f"*.{host}")


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini setting."""
    group = parser.getgroup("sls-contract", translated("recorded contract tests for SLS GetCheckPoint (sls-contract)"))
    _option(
        group,
        "record",
        "none (default): replay only, no byte leaves the machine; once: record cassettes that do not exist yet; "
        "new_episodes: record requests that have no recording; all: record everything again; verify: send the "
        "requests to the endpoint of each recording again, compare, and propose a new recording beside the old one",
        choices=MODES,
    )
    _option(
        group,
        "endpoint",
        "where to record: 'reference' (default, bundled) or a URL such as https://cn-hangzhou.log.aliyuncs.com",
        metavar="URL",
    )
    _option(group, "project", "the real project when recording at a URL", metavar="NAME")
    _option(group, "logstore", "the real logstore when recording at a URL", metavar="NAME")
    _option(group, "region", "the region that signatures of version 4 name; default: from the endpoint", metavar="NAME")
    _option(
        group,
        "accept",
        "with --sls-record=verify: replace a recording by its proposal when all differences are of these classes, "
        f"comma-separated: {', '.join(ACCEPTABLE)} (evidence: also when the new recording has weaker evidence)",
        metavar="CLASSES",
    )
    _option(group, "max-age", "warn about recordings validated longer ago, such as 90d or 12w", metavar="AGE")
    _option(
        group,
        "unmarked",
        "requests to the service while no cassette is open, for example in a test without the marker: "
        "block (default, in every record mode) or allow",
        choices=UNMARKED,
    )
    _option(group, "strict", "warnings fail tests", action="store_true")
    _option(
        group,
        "report",
        "write a report; the suffix selects the format: .json, .html, .xml (JUnit), .sarif, .md, "
        ".codequality.json (GitLab); repeatable",
        action="append",
        metavar="PATH",
    )
    _option(
        group,
        "hide-names",
        "yes (default): while recording the live service, write names of other consumer groups, consumers, "
        "logstores and projects that occur only in responses as other-group-1 and so on",
        choices=("yes", "no"),
    )
    _add_ini(parser)


def _add_ini(parser: pytest.Parser) -> None:
    for name in ("record", "endpoint", "project", "logstore", "region", "accept", "max_age", "unmarked"):
        parser.addini(f"sls_{name}", translated(f"default of --sls-{name.replace('_', '-')}"))
    parser.addini("sls_hide_names", translated("default of --sls-hide-names"), type="bool", default=True)
    parser.addini("sls_strict", translated("default of --sls-strict"), type="bool", default=False)
    parser.addini("sls_report", translated("default of --sls-report"), type="linelist")
    folder = "folder of the cassettes, or a URL (oss://…); default: 'cassettes' beside each test file"
    parser.addini("sls_cassette_dir", translated(folder))
    contracts = "folder of your own contracts; they extend or override the shipped ones"
    parser.addini("sls_contract_dir", translated(contracts))
    for name, text in _INI_LISTS:
        parser.addini(name, translated(text), type="linelist")


def sends_nothing(config: pytest.Config) -> bool:
    """Return whether a run only lists tests, or plans their fixtures."""
    return any(config.getoption(name, default=False) for name in ("collectonly", "setupplan"))


def calls_tests(config: pytest.Config) -> bool:
    """Return whether a run calls test functions: ``--setup-only`` runs their fixtures only."""
    return not (sends_nothing(config) or config.getoption("setuponly", default=False))


def settings(config: pytest.Config, given: Namespace) -> Settings:
    """Read and check the options: the command line (``given``) before the ini file before the default."""

    def pick(name: str) -> str | None:
        option = getattr(given, f"sls_{name}")
        return str(option) if option is not None else (config.getini(f"sls_{name}") or None)

    record, suite = _chosen("sls_record", pick("record") or "none", MODES), _suite(config)
    if given.sls_accept is not None and record != "verify":
        msg = f"--sls-accept needs --sls-record=verify; this run has --sls-record={record}"
        raise pytest.UsageError(msg)
    scrub, scrub_keys, rename = _scrubbing(config)
    return Settings(
        record=record,
        endpoint=_endpoint(pick("endpoint") or REFERENCE),
        endpoint_given=pick("endpoint") is not None,
        project=pick("project"),
        logstore=pick("logstore"),
        region=pick("region"),
        unmarked=_chosen("sls_unmarked", pick("unmarked") or "block", UNMARKED),
        strict=given.sls_strict or _flag(config, "sls_strict"),
        max_age=_age(pick("max_age")),
        accept=_classes(pick("accept") or ""),
        reports=tuple(_report(path) for path in given.sls_report or config.getini("sls_report")),
        cassette_dir=str(suite.folder) if suite else config.getini("sls_cassette_dir") or None,
        hosts=_hosts(config.getini("sls_hosts")),
        scrub=scrub,
        scrub_keys=scrub_keys,
        rename=rename,
        hide_names=_flag(config, "sls_hide_names") if given.sls_hide_names is None else given.sls_hide_names == "yes",
        rootdir=config.rootpath,
        contract_dir=_contract_dir(config),
        suite=suite,
        unused=_unused(given, record, pick("endpoint") or REFERENCE),
    )


def _flag(config: pytest.Config, name: str) -> bool:
    """Return a boolean setting; pytest's own error does not name the setting."""
    try:
        return bool(config.getini(name))
    except (ValueError, pytest.UsageError) as error:
        msg = f"{name} must be one of yes, no: {error}"
        raise pytest.UsageError(msg) from None


def _contract_dir(config: pytest.Config) -> Path | None:
    """Return the folder of the user's own contracts; a relative path starts at the ini file."""
    given = config.getini("sls_contract_dir")
    return (config.inipath.parent if config.inipath else config.rootpath) / given if given else None


def _suite(config: pytest.Config) -> Suite | None:
    """Return the suite whose cassettes are stored at a URL; None if they are in a folder."""
    url = config.getini("sls_cassette_dir")
    if "://" not in url:
        with _usage_error(lambda error: f"ini sls_cassette_dir: {error}"):
            check_file_name(url)
        return None
    from sls_contract.captures.remote.lockfile import lock_near
    from sls_contract.captures.remote.suite import suite_of

    with _usage_error(lambda error: f"ini sls_cassette_dir: {error}"):
        return suite_of(url, lock_near(config.rootpath), os.environ)


def _unused(given: Namespace, record: Mode, endpoint: str) -> tuple[str, ...]:
    """Return the command-line options with real names, in a run that uses public names only."""
    if record == "verify" or (record != "none" and endpoint != REFERENCE):
        return ()
    names = ("project", "logstore", "region")
    return tuple(f"--sls-{name}" for name in names if getattr(given, f"sls_{name}") is not None)


def _scrubbing(config: pytest.Config) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Read patterns, keys and renames; a wrong value ends the run even if no test has a cassette."""
    patterns = tuple(config.getini("sls_scrub"))
    keys = tuple(map(_key, config.getini("sls_scrub_keys")))
    renames = dict(_pair(line) for line in config.getini("sls_rename"))
    if patterns or renames:
        from sls_contract.cassettes.scrub import Scrubber

        with _usage_error(lambda error: f"ini sls_{error}"):
            Scrubber(patterns=patterns, keys=keys, renames=renames)
    return patterns, keys, renames


@contextmanager
def _usage_error(text: Callable[[UsageError], str]) -> Iterator[None]:
    """Raise an error about a setting as pytest's usage error, with a ``text`` that names the setting."""
    try:
        yield
    except UsageError as error:
        raise pytest.UsageError(text(error)) from None


def _option(group: pytest.OptionGroup, name: str, text: str, **settings: Any) -> None:
    group.addoption(f"--sls-{name}", default=None, help=translated(text), **settings)


def _chosen(name: str, given: str, choices: tuple[Choice, ...]) -> Choice:
    for choice in choices:
        if given == choice:
            return choice
    msg = f"{name} must be one of {', '.join(choices)}, got {given!r}"
    raise pytest.UsageError(msg)


def _endpoint(value: str) -> str:
    if value == REFERENCE:
        return value
    from sls_contract.transport import parse_endpoint

    wrong = "--sls-endpoint must be 'reference' or a URL"
    if "://" not in value:
        msg = f"{wrong} such as https://cn-hangzhou.log.aliyuncs.com, got {value!r}"
        raise pytest.UsageError(msg)
    with _usage_error(lambda error: f"{wrong}: {error}"):
        parse_endpoint(value)
    return value.rstrip("/")


def _age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    from sls_contract.cassettes.ledger import parse_age

    with _usage_error(lambda error: f"--sls-max-age: {error}"):
        return parse_age(text)


def _classes(text: str) -> frozenset[str]:
    given = {part.strip() for part in text.split(",")} - {""}
    if unknown := sorted(given.difference(ACCEPTABLE)):
        msg = f"--sls-accept takes classes out of {', '.join(ACCEPTABLE)}, got {', '.join(map(repr, unknown))}"
        raise pytest.UsageError(msg)
    return frozenset(given)


def _hosts(patterns: list[str]) -> tuple[str, ...]:
    with _usage_error(lambda error: f"ini sls_hosts: {error}"):
        host_rule(patterns)
    return tuple(patterns)


def _report(path: str) -> str:
    from sls_contract.reports.writing import kind_of

    with _usage_error(lambda error: f"--sls-report: the name {error}"):
        kind_of(path)
    with _usage_error(lambda error: f"--sls-report: {error}"):
        check_file_name(path)
    return path


def _key(line: str) -> str:
    """Return one name; two names in one line would be taken as one, and the values of both would be recorded."""
    if "," in line or len(line.split()) > 1:
        msg = f"sls_scrub_keys takes one name a line, got {line!r}"
        raise pytest.UsageError(msg)
    return line


def _pair(line: str) -> tuple[str, str]:
    real, equals, public = line.partition("=")
    if not equals or not real.strip() or not public.strip():
        msg = f"sls_rename takes lines real=public, got {line!r}"
        raise pytest.UsageError(msg)
    return real.strip(), public.strip()
