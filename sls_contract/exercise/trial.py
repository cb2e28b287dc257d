"""One run of the client, put on record, and what follows from the record at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sls_contract.checks import Verdict, judge_request
from sls_contract.exercise.client_output import last_line, read_line
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.request_args import parameter_flaws

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.checks import Flaw
    from sls_contract.exercise.process import Ending
    from sls_contract.exercise.reply import Expectation
    from sls_contract.exercise.setting import Setting
    from sls_contract.exercise.situation import Situation
    from sls_contract.exercise.stage import Received

NOT_SUPPORTED = 77
"""The exit code of a client that cannot do what is asked."""

COULD_NOT_RUN = (126, 127)
"""Exit codes of a shell that cannot run a command."""

HIGHEST_EXIT_CODE = 125

MOST_JUDGED = 200
"""Requests: a client that repeats itself without end makes the same mistakes."""


@dataclass(frozen=True)
class Trial:
    """One run of the client.

    Attributes:
        setting: what it was told.
        situation: what it was run in.
        received: what it sent, and was answered, in order.
        ending: how its process ended.
        ended_at: when.
        changes: of the consumer group, in words, that its requests made.

    """

    setting: Setting
    situation: Situation
    received: tuple[Received, ...]
    ending: Ending
    ended_at: datetime
    changes: tuple[str, ...] = ()

    @property
    def timed_out(self) -> bool:
        """Whether it was still running when its time was over."""
        return self.ending.exit_code is None

    @property
    def succeeded(self) -> bool:
        """Whether it said that it succeeded."""
        return self.ending.exit_code == 0

    @property
    def failed(self) -> bool:
        """Whether it said that it failed, in the way of the protocol."""
        code = self.ending.exit_code
        return code is not None and 0 < code <= HIGHEST_EXIT_CODE and code != NOT_SUPPORTED

    @property
    def unsupported(self) -> bool:
        """Whether it said that it cannot do what is asked: before it was answered, or of an answer that is at fault."""
        return self.ending.exit_code == NOT_SUPPORTED and self.duty in (None, Duty.EITHER)

    @property
    def not_run(self) -> bool:
        """Whether it ended before it did anything, as a command does that cannot be run."""
        code = self.ending.exit_code
        return not self.received and code is not None and (code < 0 or code in COULD_NOT_RUN)

    @cached_property
    def line(self) -> str:
        """The last line that it printed."""
        return last_line(self.ending.output)

    @cached_property
    def said(self) -> Any:
        """The value of that line; `NOT_JSON` where it is none."""
        return read_line(self.line)

    @cached_property
    def numbered(self) -> tuple[tuple[int, Received], ...]:
        """The requests that it sent to the service, numbered from 1; of very many the first ones and the last."""
        sent = [(number, each) for number, each in enumerate(self.received, 1) if not each.elsewhere]
        return tuple(sent if len(sent) <= MOST_JUDGED else (*sent[:MOST_JUDGED], sent[-1]))

    @cached_property
    def sent(self) -> tuple[Received, ...]:
        """The same without their numbers."""
        return tuple(each for _, each in self.numbered)

    @property
    def attempts(self) -> int:
        """How many GetCheckPoint requests it sent."""
        return sum(each.expected is not None for each in self.received)

    @cached_property
    def foreign_hosts(self) -> tuple[str, ...]:
        """Hosts beside the service that it sent requests to, each once."""
        return tuple(dict.fromkeys(each.elsewhere for each in self.received if each.elsewhere))

    @cached_property
    def asked(self) -> tuple[Received, ...]:
        """The GetCheckPoint requests among them."""
        return tuple(each for each in self.sent if each.expected is not None)

    @cached_property
    def expected(self) -> Expectation | None:
        """What may become of the last answer; None where there was no GetCheckPoint request."""
        return self.asked[-1].expected if self.asked else None

    @property
    def duty(self) -> Duty | None:
        """What the contract asks for after the last answer; None where there was none."""
        return self.expected.duty if self.expected else None

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the clauses about requests say of each request to the service, in order."""
        key = self.setting.credentials
        return tuple(judge_request(each.request, credentials=key, at=each.at) for each in self.sent)

    @cached_property
    def misdirected(self) -> tuple[Flaw, ...]:
        """What it asked for otherwise than told."""
        return tuple(flaw for each in self.asked for flaw in parameter_flaws(each.request, self.setting))
