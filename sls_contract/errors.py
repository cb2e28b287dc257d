"""Every exception that sls-contract raises on purpose.

::

    SlsContractError
    ├── UsageError (ValueError)              an argument, option or file is not what was asked for
    ├── ContractViolation (AssertionError)   exchanges broke clauses; ``.findings`` has them
    ├── CassetteError                        a recording cannot be used
    │   ├── CassetteDamaged                  a file does not hold what was recorded; path, line, reason
    │   ├── CassetteBusy                     another thread or process has the cassette in its hands
    │   └── UnmatchedRequest                 a request has no recording; the closest one is named
    ├── NetworkBlocked                       a request to an owned host where no byte may leave
    └── EndpointError                        an endpoint cannot be started or reached

No message holds a secret: whoever raises, scrubs first.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sls_contract.spec import Finding


PAUSE_FAKE_FILES = "send the request in `with pyfakefs.fake_filesystem_unittest.Pause(fs):`, where the real files are"
"""How to fix what goes wrong with files while `files_are_fake`."""


def files_are_fake() -> bool:
    """Tell whether pyfakefs hides the real files now: cassettes and schemas among them."""
    patcher = getattr(sys.modules.get("pyfakefs.fake_filesystem_unittest"), "Patcher", None)
    active = getattr(patcher, "PATCHER", None)
    return active is not None and not getattr(active, "_paused", False)


class SlsContractError(Exception):
    """The root: ``except SlsContractError`` catches whatever this package raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes with text and attributes, whatever the class is made of: a pool sends errors so."""
        return _remade, (type(self), self.args, self.__dict__)


def _remade(kind: type[SlsContractError], args: tuple[object, ...], values: dict[str, object]) -> SlsContractError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(values)
    return error


class UsageError(SlsContractError, ValueError):
    """An argument, option or file is wrong; the text says what was expected, what came, and the fix."""


class ContractViolation(SlsContractError, AssertionError):
    """Exchanges broke clauses of the contract.

    ``findings`` holds every finding, in the order in which they were made.
    """

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        """Keep the findings beside the text that a person reads."""
        super().__init__(message)
        self.findings = tuple(findings)


class CassetteError(SlsContractError):
    """A recording cannot be read, written or used."""


class CassetteDamaged(CassetteError):
    """A cassette does not hold what was recorded; it is never recorded over.

    ``line`` counts from 1 and is None where no line can be named; ``how_to_fix`` says what to do, as for people.
    """

    def __init__(self, path: Path | str, line: int | None, reason: str, how_to_fix: str = "") -> None:
        """Name the file, the line and the reason, and say what to do: as a rule, restore the file or record again."""
        place = f"{path}:{line}" if line is not None else f"{path}"
        self.how_to_fix = how_to_fix or (EXPORT_AGAIN if str(path).lower().endswith(".har") else _RECORD_AGAIN)
        super().__init__(f"{place}: {reason}\nHow to fix: {self.how_to_fix}.")
        self.path = str(path)
        self.line = line
        self.reason = reason


_RECORD_AGAIN = "restore the file from version control, or delete it and record again (pytest --sls-record=once)"
EXPORT_AGAIN = "restore the file from version control, or export the HAR again, as JSON with the bodies in it"


class CassetteBusy(CassetteError):
    """Two cassettes are open side by side, or another process holds the file too long."""


class UnmatchedRequest(CassetteError):
    """A request has no recording left to answer it; the text names the closest and what differs.

    ``finding`` says the same, for a test whose client hides the error.
    """

    def __init__(self, message: str, finding: Finding | None = None) -> None:
        """Keep the finding beside the text that a person reads."""
        super().__init__(message)
        self.finding = finding


class NetworkBlocked(SlsContractError):
    """A request to an owned host was stopped before a byte left the machine."""


class EndpointError(SlsContractError):
    """An endpoint cannot be started or reached."""
