"""Every exception that sls-contract raises on purpose.

::

    SlsContractError
    ├── UsageError (ValueError)              an argument, option or file is wrong
    ├── ContractViolation (AssertionError)   exchanges broke clauses; ``.findings`` has them
    ├── CassetteError                        a recording cannot be used
    │   ├── CassetteDamaged                  a file does not contain a valid recording; path, line, reason
    │   ├── CassetteBusy                     another thread or process uses the cassette
    │   └── UnmatchedRequest                 a request has no recording; the closest one is named
    ├── NetworkBlocked                       a request to the service was blocked
    └── EndpointError                        an endpoint cannot be started or reached

No message contains a secret: the code that raises scrubs it first.
"""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sls_contract.spec import Finding


PAUSE_FAKE_FILES = "send the request in `with pyfakefs.fake_filesystem_unittest.Pause(fs):`, where the real files are"
"""How to fix errors with files while `files_are_fake`."""


def files_are_fake() -> bool:
    """Return whether pyfakefs currently hides the real files, such as cassettes and schemas."""
    patcher = getattr(sys.modules.get("pyfakefs.fake_filesystem_unittest"), "Patcher", None)
    active = getattr(patcher, "PATCHER", None)
    return active is not None and not getattr(active, "_paused", False)


class SlsContractError(Exception):
    """The root: ``except SlsContractError`` catches every exception that this package raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle text and attributes without calling ``__init__``, whose arguments differ by class."""
        return _unpickled, (type(self), self.args, self.__dict__)


def _unpickled(kind: type[SlsContractError], args: tuple[object, ...], values: dict[str, object]) -> SlsContractError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(values)
    return error


class UsageError(SlsContractError, ValueError):
    """An argument, option or file is wrong; the text says what was expected, what was given, and the fix."""


class ContractViolation(SlsContractError, AssertionError):
    """Exchanges broke clauses of the contract.

    ``findings`` contains every finding, in the order of discovery.
    """

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        """Keep the findings and the text for people."""
        super().__init__(message)
        self.findings = tuple(findings)


class CassetteError(SlsContractError):
    """A recording cannot be read, written or used."""


class CassetteDamaged(CassetteError):
    """A cassette does not contain a valid recording; it is never overwritten.

    ``line`` counts from 1; it is None if no line can be named. ``how_to_fix`` is the fix, for people: `record_by`
    changes how they record.
    """

    def __init__(self, path: Path | str, line: int | None, reason: str, how_to_fix: str = "") -> None:
        """Name the file, the line, the reason and the fix: by default to restore the file or to record again.

        ``{record}`` in the fix stands for the way to record a cassette.
        """
        super().__init__()
        self.path = str(path)
        self.line = line
        self.reason = reason
        exported = ".har" in PurePath(self.path.lower()).suffixes[-2:]  # also compressed; a cassette's end in .sls.yaml
        self._fix = how_to_fix or (EXPORT_AGAIN if exported else _RECORD_AGAIN)
        self.record_by(RECORD_ONCE)

    def at(self, path: str) -> CassetteDamaged:
        """Return the error about another file, of which the damaged one is a copy."""
        return CassetteDamaged(path, self.line, self.reason, self._fix)

    def record_by(self, way: str) -> None:
        """Advise another way to record: not every user has pytest."""
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        self.how_to_fix = self._fix.replace("{record}", way)
        self.args = (f"{place}: {self.reason}\nHow to fix: {self.how_to_fix}.",)


RECORD_ONCE = "pytest --sls-record=once"
_RECORD_AGAIN = "restore the file from version control, or delete it and record again ({record})"
EXPORT_AGAIN = "restore the file from version control, or export the HAR again, as JSON with the bodies in it"


class CassetteBusy(CassetteError):
    """Two cassettes are open at the same time, or another process holds the file too long."""


class UnmatchedRequest(CassetteError):
    """No recording is left for a request; the text names the closest one and its differences.

    ``finding`` says the same, for a test whose client hides the error.
    """

    def __init__(self, message: str, finding: Finding | None = None) -> None:
        """Keep the finding and the text for people."""
        super().__init__(message)
        self.finding = finding


class NetworkBlocked(SlsContractError):
    """A request to the service was blocked before a byte left the machine."""


class EndpointError(SlsContractError):
    """An endpoint cannot be started or reached."""
