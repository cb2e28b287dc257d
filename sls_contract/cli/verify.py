"""``sls-contract verify``: judge whether an endpoint follows the contract."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract import __version__
from sls_contract.cli.options import add_contract, add_reports, add_strict, add_verbose, at_least
from sls_contract.cli.progress import progress
from sls_contract.cli.runs import check_scenarios, execute, finish
from sls_contract.cli.terminal import Console, columns
from sls_contract.clock import SettableClock, utc_now
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.endpoint import ReferenceEndpoint
    from sls_contract.signing import Credentials
    from sls_contract.transport import Transport
    from sls_contract.verification import Plan, Run, Runner, Target

_REQUESTS = 3000  # requests of the documented scenarios, about
_POLITE_RATE = 20.0  # requests a second, off loopback
_STS = "SLS_CONTRACT_STS_"
_EXPIRED_TOKEN = "testExpiredSecurityToken"  # noqa: S105 - of the bundled endpoint
_ONLY = "judge only these areas or clauses, such as names,near-misses,SLS251; repeatable"
_SKIP = "do not judge these areas or clauses, such as names,near-misses,SLS251; repeatable"
_SHARDS, _OTHER_SHARDS, _WIDE_SHARDS = 4, 2, 256


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "verify",
        help="bring an endpoint into every documented state and judge its responses",
        description="Bring an endpoint into every documented state, call it as clients do, and judge every response "
        "and every sequence of responses. Without --endpoint: the bundled reference endpoint.",
        epilog="Only consumer groups named sls-contract-* are created, and deleted afterwards. Logs are written only "
        "with --write-logs, or to the reference endpoint. "
        "Exit codes: 0 conforming, 1 a violation was found, 2 not reachable, incomplete, nothing was judged, or a "
        "scenario ran and proved nothing. "
        "Example: sls-contract verify --only shards,near-misses --verbose",
    )
    add = command.add_argument
    add("--endpoint", metavar="URL", help="https://cn-hangzhou.log.aliyuncs.com or http://127.0.0.1:PORT")
    add("--project", help="an existing project (needed with --endpoint)")
    add("--logstore", help="an existing logstore (needed with --endpoint)")
    add("--other-logstore", metavar="NAME", help="another one, for the scenarios with two logstores")
    add("--other-project", metavar="NAME", help="another project with a logstore of the same name, for two projects")
    add(
        "--region",
        default="cn-hangzhou",
        help="region of v4 signatures, if the endpoint names none (default: %(default)s)",
    )
    add("--examples", type=at_least(0), default=100, metavar="N", help="generated sequences (default: %(default)s)")
    add("--seed", type=int, default=0, help="seed of the generated scenarios (default: %(default)s)")
    add("--database", metavar="DIR|URL", help="replay generated sequences that failed before, and keep those that fail")
    add("--scenario", action="append", default=[], metavar="NAME", help="run only this scenario; repeatable")
    add("--only", action="append", default=[], metavar="NAMES", help=_ONLY)
    add("--skip", action="append", default=[], metavar="NAMES", help=_SKIP)
    add("--group", metavar="NAME", help="judge this existing consumer group by reads only; nothing is changed")
    add("--write-logs", action="store_true", help="also write some hundred logs to the logstores; they stay there")
    add("--change-shards", action="store_true", help="also split and merge shards of --other-logstore (irreversible)")
    add("--list", action="store_true", help="list the scenarios and do nothing")
    rate = f"requests a second; 0: no limit (default: {_POLITE_RATE:g}, on loopback 0)"
    add("--rate", type=float, metavar="N", help=rate)
    add("--timeout", type=float, default=10.0, metavar="S", help="seconds for one exchange (default: %(default)s)")
    add("--yes", action="store_true", help="do not ask before making groups on a service that is not on loopback")
    add_strict(command)
    add_verbose(command, "show every finding, scenario and clause, and the requests of failed scenarios")
    add_reports(command)
    add_contract(command)
    add("--record", metavar="DIR", type=Path, help="write each scenario's exchanges as a cassette, scrubbed")
    command.set_defaults(run=run, parser=command)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Verify, report, and return the exit code; raises `UsageError` or `EndpointError` if nothing was judged."""
    from sls_contract.transport import open_transport
    from sls_contract.verification.summary import lines

    plan = _plan(arguments)
    if arguments.list:
        _list(console)
        return 0
    if arguments.record:
        _make_folder(arguments.record)
    with _target(arguments, console.environ) as target:
        _confirm(arguments, target, plan, console)
        send = open_transport(f"{target.scheme}://{target.authority}", timeout=arguments.timeout)
        runner = _runner(arguments, send, target, plan)
        with progress(plan.count(), console) as update:
            steps = count()
            runner.progress = lambda name: update(next(steps), name)
            code = execute(runner)
        judged = replace(target, evidence=_evidence(send))
        return finish(
            runner.run,
            code,
            arguments,
            console,
            lines=lambda width: lines(runner.run, judged, verbose=arguments.verbose, columns=width),
            write=partial(_write, runner.run, judged, arguments, console),
            proven=bool(runner.run.judged_clauses()) and not runner.run.unproven(),
        )


def _plan(arguments: argparse.Namespace) -> Plan:
    from sls_contract.scenarios.exploration import database_at
    from sls_contract.verification import ABOUT, Plan, Selection

    check_scenarios(arguments.scenario, ABOUT)
    if arguments.group and not arguments.endpoint:
        msg = "--group needs --endpoint: the endpoint that has the consumer group"
        raise UsageError(msg)
    scenarios = [about for name, about in ABOUT.items() if not arguments.scenario or name in arguments.scenario]
    selection = Selection.of(arguments.only, arguments.skip, scenarios)
    database = database_at(arguments.database) if arguments.database else None
    return Plan(tuple(arguments.scenario), arguments.examples, arguments.seed, selection, database)


def _list(console: Console) -> None:
    from sls_contract.reports import listing
    from sls_contract.scenarios import SCENARIOS
    from sls_contract.verification import GENERATED

    rows = [(each.area, each.name, each.expects) for each in SCENARIOS.values()]
    rows += [("generated", name, "the effects of the earlier steps") for name in GENERATED]
    console.write(listing(rows, columns(console.stdout)))


@contextlib.contextmanager
def _target(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Target]:
    """Yield the endpoint of ``--endpoint``, or start the reference endpoint."""
    if arguments.endpoint:
        yield _given_target(arguments, environ)
        return
    from sls_contract.endpoint.server import serve
    from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS
    from sls_contract.transport import parse_endpoint
    from sls_contract.verification import Target

    project, logstore = arguments.project or "my-project", arguments.logstore or "my-logstore"
    other, other_project = arguments.other_logstore or f"{logstore}-other", arguments.other_project or f"{project}-2"
    clock = SettableClock(utc_now)
    with serve(_bundled_endpoint(clock, project, logstore, other, other_project)) as server:
        yield Target(
            server.url,
            parse_endpoint(server.url).authority,
            project,
            logstore,
            TEST_CREDENTIALS,
            other_logstore=other,
            other_project=other_project,
            wide_logstore=f"{logstore}-wide",
            sts=TEST_STS_CREDENTIALS,
            expired_token=_EXPIRED_TOKEN,
            writes_logs=True,
            changes_shards=True,
            clock=clock,
            command_line=arguments.parser.command_line(arguments),
        )


def _bundled_endpoint(
    clock: SettableClock, project: str, logstore: str, other: str, other_project: str
) -> ReferenceEndpoint:
    from sls_contract.endpoint import ReferenceEndpoint
    from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials

    sts = TEST_STS_CREDENTIALS
    expired = Credentials(sts.access_key_id, sts.access_key_secret, _EXPIRED_TOKEN)
    shards = {logstore: _SHARDS, other: _OTHER_SHARDS, f"{logstore}-wide": _WIDE_SHARDS}
    endpoint = ReferenceEndpoint(
        clock,
        credentials=(TEST_CREDENTIALS, sts, expired),
        logstores={(other_project, logstore): _SHARDS} | {(project, name): count for name, count in shards.items()},
        keep_log=False,
    )
    endpoint.expire_token(_EXPIRED_TOKEN)
    return endpoint


def _given_target(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Target:
    from sls_contract.signing.environment import ID, SECRET, credentials_from_environment
    from sls_contract.transport import parse_endpoint
    from sls_contract.verification import Target

    address = parse_endpoint(arguments.endpoint)
    credentials = credentials_from_environment(environ)
    if not arguments.project or not arguments.logstore or credentials is None:
        missing = [each for each in ("--project", "--logstore") if not getattr(arguments, each.removeprefix("--"))]
        if credentials is None:
            missing.append(f"{ID} and {SECRET}")
        msg = (
            f"--endpoint needs an existing project and logstore, and a key for them; missing: {', '.join(missing)}. "
            f"How to fix: export {ID}=… {SECRET}=…, then "
            "sls-contract verify --endpoint URL --project NAME --logstore NAME"
        )
        raise UsageError(msg)
    return Target(
        arguments.endpoint,
        address.authority.removeprefix(f"{arguments.project}."),
        arguments.project,
        arguments.logstore,
        credentials,
        scheme=address.scheme,
        other_logstore=arguments.other_logstore,
        other_project=arguments.other_project,
        sts=_sts(environ),
        expired_token=environ.get(f"{_STS}EXPIRED_TOKEN") or None,
        group=arguments.group,
        region=arguments.region,
        loopback=address.loopback,
        writes_logs=arguments.write_logs,
        changes_shards=arguments.change_shards,
        command_line=arguments.parser.command_line(arguments),
    )


def _sts(environ: Mapping[str, str]) -> Credentials | None:
    """Return the temporary key of the environment, or None; raises `UsageError` for an incomplete one."""
    from sls_contract.signing import Credentials

    names = [f"{_STS}ACCESS_KEY_ID", f"{_STS}ACCESS_KEY_SECRET", f"{_STS}SECURITY_TOKEN"]
    values = [environ.get(name, "") for name in names]
    if not any(values):
        return None
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        msg = f"a temporary key has three parts; {', '.join(missing)} is not set"
        raise UsageError(msg)
    return Credentials(*values)


def _confirm(arguments: argparse.Namespace, target: Target, plan: Plan, console: Console) -> None:
    """Before a run at a service on another machine, print what it will create, and ask for confirmation."""
    if target.loopback or arguments.yes or target.group is not None:
        return
    logstores = ", ".join(filter(None, (target.logstore, target.other_logstore)))
    other = target.other_logstore if target.changes_shards else None
    split = f", and splits and merges shards of {other}" if other else ""
    other_project = f" and {target.other_project} ({target.logstore})" if target.other_project else ""
    print(
        f"This makes consumer groups named sls-contract-* in {target.project} ({logstores}){other_project} at "
        f"{target.endpoint},\n"
        f"at most three at a time, writes checkpoints to them, and deletes them again"
        f"{', and writes logs to the logstores' if target.writes_logs else ', and writes no logs'}"
        f"{split}: about "
        f"{_REQUESTS + 20 * plan.examples} requests, at most {arguments.rate or _POLITE_RATE:g} a second.",
        file=console.stderr,
    )
    console.confirm("Go on?", "the run cannot be confirmed", "nothing was done")


def _evidence(send: Transport) -> str:
    """Return the evidence of the responses, by the addresses that sent them."""
    from sls_contract.cassettes.hosts import is_live

    live = bool(send.reached) and all(is_live(send.address.host, peer) for peer in send.reached)
    return "live" if live else "reference"


def _runner(arguments: argparse.Namespace, send: Transport, target: Target, plan: Plan) -> Runner:
    from sls_contract.verification import Runner, Wire

    rate = arguments.rate if arguments.rate is not None else (0.0 if target.loopback else _POLITE_RATE)
    if not 0 <= rate < float("inf"):
        msg = f"--rate must be a number of requests a second, or 0 for no limit, got {rate:g}"
        raise UsageError(msg)
    keys = tuple(target.keys().values())
    clock, interval = target.clock, 1 / rate if rate else 0.0
    wire = Wire(send, clock or utc_now, keys, time.sleep, interval, keep=send.kept_alive)
    wire.advance = clock.advance if clock else None
    return Runner(target, wire, plan)


def _write(run: Run, target: Target, arguments: argparse.Namespace, console: Console, exit_code: int) -> None:
    """Write the requested files, after the text was printed: an error here loses no result."""
    from sls_contract.verification.summary import document

    console.report(document(run, target, __version__), arguments, exit_code)
    if arguments.record:
        _record(run, target, arguments.record)


def _make_folder(folder: Path) -> None:
    """Create the folder of ``--record`` before the run, when an error loses no result."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"--record: cannot make {folder}: {error.strerror}. How to fix: name a folder where you may write."
        raise UsageError(msg) from error


def _record(run: Run, target: Target, folder: Path) -> None:
    """Write a cassette for each scenario that sent requests."""
    from sls_contract.cassettes.file.recording_file import write
    from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
    from sls_contract.cassettes.scrub import Scrubber

    scrubber = Scrubber(target.keys().values())
    for performed in run.performed:
        recordings = []
        for done in performed.done:
            exchange, at = run.sent[done.number - 1]
            scrubbed = scrubber.exchange(exchange)
            provenance = Provenance(
                Evidence(target.evidence),
                f"{target.scheme}://{target.authority}",
                target.region,
                exchange.request.headers.get("User-Agent", ""),
                at,
                at,
                __version__,
            )
            note = SignatureNote(scrubbed.signature, scrubbed.step or "")
            broken = "truncated" if any(finding.code == "SLS462" for finding in done.findings) else None
            recordings.append(Recording(scrubbed.exchange, provenance, note, broken=broken))
        if recordings:
            write(folder / f"{performed.scenario.name}.sls.yaml", recordings)
