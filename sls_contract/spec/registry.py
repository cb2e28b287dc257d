"""The contracts of all operations: the shipped ones, and those of a user's folder.

Only names and routes are loaded at first; a contract is parsed on first use.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.spec.contract import Contract
from sls_contract.spec.installation import readable, shipped
from sls_contract.spec.routing import Route, Router, names_in, refuse_clashes, routes_of
from sls_contract.spec.written_form import check_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.resources.abc import Traversable

    from sls_contract.exchange import Request

FILE = "contracts.jsonl"
"""The file of compiled contracts: a line of names and routes, then a line for each contract, in the same order."""

_LIKE_SHIPPED = "How to fix: write it like a shipped contract: sls-contract spec show GetCheckPoint --json -"


@dataclass(slots=True)
class _Entry:
    """An operation's name, aliases, routes, contract and folder; the contract is JSON text until first use."""

    operation: str
    aliases: tuple[str, ...]
    routes: tuple[Route, ...]
    stored: Contract | str
    folder: Path | None = None  # of a user; None: shipped

    def contract(self) -> Contract:
        if isinstance(self.stored, str):
            self.stored = Contract.from_plain(json.loads(self.stored))
        return self.stored


class Registry:
    """Contracts by name, by alias, and by request."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        """Index the entries; a later entry replaces an earlier one of the same name."""
        self._entries = {entry.operation: entry for entry in entries}
        self._names = {alias: entry for entry in self._entries.values() for alias in entry.aliases} | self._entries
        self._router = Router(self.routes)

    @property
    def names(self) -> tuple[str, ...]:
        """The operations' names, as in API 2020-12-30."""
        return tuple(self._entries)

    @property
    def names_and_aliases(self) -> tuple[str, ...]:
        """Every name that `named` accepts."""
        return tuple(self._names)

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route of every operation."""
        return tuple(route for entry in self._entries.values() for route in entry.routes)

    def named(self, name: str) -> Contract | None:
        """Return the contract of an operation by its name or alias; None for an unknown name."""
        entry = self._names.get(name)
        return None if entry is None else entry.contract()

    def show_command(self, name: str) -> str:
        """Return the command that prints the contract of an operation, with the user's folder that has it."""
        folder = self._names[name].folder if name in self._names else None
        return f"sls-contract spec show {name}" + (f" --contract {quote(str(folder))}" if folder else "")

    def operation_of(self, request: Request) -> Contract | None:
        """Return the contract of the operation that a request calls; None if none matches. HEAD does not match GET."""
        route = self._router.route_of(request)
        return None if route is None else self._entries[route.operation].contract()

    def names_in(self, request: Request) -> dict[str, str]:
        """Return the percent-decoded path parameters of a request by name; empty for an unknown operation."""
        return self.operation_and_names(request)[1]

    def operation_and_names(self, request: Request) -> tuple[str, dict[str, str]]:
        """Return the name of the operation that a request calls, and what `names_in` returns; empty if none matches."""
        route = self._router.route_of(request)
        return ("", {}) if route is None else (route.operation, names_in(route.path, request.path) or {})

    def discriminators(self, request: Request) -> dict[str, tuple[str, ...]]:
        """Return the query keys, with their values, that distinguish the operations on a request's method and path."""
        found: dict[str, tuple[str, ...]] = {}
        for route in self.routes_on(request):
            for key, values in route.discriminator.items():
                found[key] = (*found.get(key, ()), *values)
        return found

    def routes_on(self, request: Request) -> list[Route]:
        """Return the routes that match the method and path of a request, whatever its query."""
        return self._router.routes_on(request)

    def is_complete(self, route: Route) -> bool:
        """Return whether the contract of a route's operation covers all of it."""
        return self._entries[route.operation].contract().coverage == "full"

    def mentioning(self, text: str) -> Iterator[Contract]:
        """Yield the contracts that can contain a text as a value, such as an error code; others are not parsed."""
        quoted = json.dumps(text, ensure_ascii=False)
        for entry in self._entries.values():
            if not isinstance(entry.stored, str) or quoted in entry.stored:
                yield entry.contract()

    def extended(self, contracts: Iterable[Contract], folder: Path | None = None) -> Registry:
        """Return a registry with more contracts, read from ``folder``.

        A contract replaces an existing one of the same name, and those whose names are among its aliases. It then has
        the existing name, for checks, states and scenarios know operations by name.
        """
        named = map(self._known_by_name, contracts)
        more = [_Entry(each.operation, each.aliases, routes_of(each.as_plain()), each, folder) for each in named]
        renamed = {alias for entry in more for alias in entry.aliases}
        kept = [entry for entry in self._entries.values() if entry.operation not in renamed]
        return Registry([*kept, *more])

    def _known_by_name(self, contract: Contract) -> Contract:
        """Return the contract under its name here, with its own name as an alias; as it is if it has none here."""
        name = next((each for each in contract.names if each in self._entries), contract.operation)
        aliases = tuple(each for each in contract.names if each != name)
        return replace(contract, operation=name, aliases=aliases)


def read_contracts(file: Traversable) -> list[_Entry]:
    """Read a file of compiled contracts; raises `UsageError` if it is missing or damaged."""
    with readable(file, "compiled contracts", "; in a checkout run: sls-contract spec build"):
        head, *lines = (
            file.read_text(encoding="utf-8").rstrip("\n").split("\n")
        )  # not splitlines: a contract can contain U+2028
        named = json.loads(head)["operations"]
        return [
            _Entry(plain["operation"], tuple(plain.get("aliases", ())), routes_of(plain), line)
            for plain, line in zip(named, lines, strict=True)
        ]


def read_folder(folder: Path) -> list[Contract]:
    """Read the contracts of a folder.

    The folder contains claims and rulings, which are merged with the shipped ones; or contracts: ``contracts.jsonl``,
    or one contract per file in YAML or JSON. Raises `UsageError` if the folder is missing, contains none of these, or
    has a file that cannot be read.
    """
    if not folder.is_dir():
        msg = f"expected a folder of contracts, found none at {folder}"
        raise UsageError(msg)
    if any((folder / layer).is_dir() for layer in ("claims", "rulings")):
        from sls_contract.spec.merge.extension import load_folder

        return list(load_folder(folder))
    built = folder / FILE
    entries = read_contracts(built) if built.is_file() else []
    with readable(built, "compiled contracts"):
        found = [entry.contract() for entry in entries]
    found += [_read_contract(file) for file in sorted(folder.iterdir()) if file.suffix in (".json", ".yaml", ".yml")]
    if not found:
        msg = (
            f"expected claims/, rulings/, {FILE} or <Operation>.yaml in {folder}, found none of them\n"
            f"How to fix: sls-contract spec derive PAGE.md --out {folder}"
        )
        raise UsageError(msg)
    return found


def _read_contract(file: Path) -> Contract:
    plain = _read_plain(file)
    if isinstance(plain, dict):
        plain = plain.get("contract", plain)  # as `spec show --json` prints it
    check_form(plain, "contract", str(file), _LIKE_SHIPPED)
    return Contract.from_plain(plain)


def _read_plain(file: Path) -> Any:
    if file.suffix != ".json":
        from sls_contract.spec.merge.layers import read_yaml

        return read_yaml(file)
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=_members)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"expected the contract of an operation in {file}, which cannot be read: {error}\n{_LIKE_SHIPPED}"
        raise UsageError(msg) from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of a JSON object; raises ValueError for a repeated key, of which `json` keeps the last."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"the key {next(name for name in names if names.count(name) > 1)!r} appears twice in an object"
        raise ValueError(msg)
    return members


_current: dict[str, Registry] = {}  # "shipped", once loaded, and "used", which can be the same


def registry() -> Registry:
    """Return the contracts in use; they are loaded on first use."""
    if "used" not in _current:
        _current["used"] = _shipped()
    return _current["used"]


def _shipped() -> Registry:
    if "shipped" not in _current:
        _current["shipped"] = Registry(read_contracts(shipped(FILE)))
    return _current["shipped"]


def use_contracts(folder: Path | str | None) -> None:
    """Use the shipped contracts and those of a folder, which take precedence; None: only the shipped ones.

    This applies to the whole process. Raises `UsageError` if the folder contains no contracts, or if a request could
    match two operations.
    """
    _current.pop("used", None)
    if folder is None:
        return
    extended = _shipped().extended(read_folder(Path(folder)), Path(folder))
    refuse_clashes(extended.routes)
    _current["used"] = extended


@contextmanager
def contracts_in(folder: Path | None) -> Iterator[None]:
    """Use the contracts of a folder within the block, as `use_contracts` does; None: the contracts in use."""
    before = _current.get("used")
    if folder is not None:
        use_contracts(folder)
    try:
        yield
    finally:
        if before is None:
            _current.pop("used", None)
        else:
            _current["used"] = before


def operation_of(request: Request) -> Contract | None:
    """Return the contract of the operation that a request calls, as `Registry.operation_of` does."""
    return registry().operation_of(request)
