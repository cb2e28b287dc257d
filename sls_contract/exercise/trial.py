"""One recorded run of the client, and values derived from the record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sls_contract.checks import Flaw, Verdict, judge_request
from sls_contract.exercise import compare
from sls_contract.exercise.client_output import last_line, read_line
from sls_contract.exercise.reply import Duty, Expectation
from sls_contract.exercise.request_args import parameter_flaws

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.exercise.process import Ending
    from sls_contract.exercise.setting import Setting
    from sls_contract.exercise.situation import Situation
    from sls_contract.exercise.stage import Received, Refused

NOT_SUPPORTED = 77
"""The exit code of a client that does not support the situation."""

COULD_NOT_RUN = (126, 127)
"""Exit codes of a shell that cannot run a command."""

HIGHEST_EXIT_CODE = 125

MOST_JUDGED = 200
"""Requests; an endless retry repeats the same mistakes."""


@dataclass(frozen=True)
class Trial:
    """One run of the client.

    Attributes:
        setting: its names, key and scheme.
        situation: the situation that it ran in.
        received: its requests and their responses, in order.
        ending: how its process ended.
        ended_at: the time of its end.
        changes: how its requests changed the consumer group, in words.
        refused: the first of what the server refused, because it was no request that it reads.

    """

    setting: Setting
    situation: Situation
    received: tuple[Received, ...]
    ending: Ending
    ended_at: datetime
    changes: tuple[str, ...] = ()
    refused: Refused | None = None

    @property
    def timed_out(self) -> bool:
        """Whether it exceeded its time limit."""
        return self.ending.exit_code is None

    @property
    def succeeded(self) -> bool:
        """Whether its exit code reports success."""
        return self.ending.exit_code == 0

    @property
    def failed(self) -> bool:
        """Whether its exit code reports a failure as the protocol defines it."""
        code = self.ending.exit_code
        return code is not None and 0 < code <= HIGHEST_EXIT_CODE and code != NOT_SUPPORTED

    @property
    def unsupported(self) -> bool:
        """Whether it reports the situation as not supported, and has got no response or a questionable one."""
        return self.ending.exit_code == NOT_SUPPORTED and self.duty in (None, Duty.EITHER)

    @property
    def not_run(self) -> bool:
        """Whether it ended without a request, like a command that cannot be run."""
        code = self.ending.exit_code
        return not self.received and code is not None and (code < 0 or code in COULD_NOT_RUN)

    @cached_property
    def line(self) -> str:
        """The last line that it printed."""
        return last_line(self.ending.stdout)

    @cached_property
    def printed(self) -> Any:
        """The JSON value of that line; `NOT_JSON` if it is not JSON."""
        return read_line(self.line)

    @cached_property
    def numbered(self) -> tuple[tuple[int, Received], ...]:
        """Its requests to the service, numbered from 1 among all; of very many, the first ones and the last."""
        sent = [(number, each) for number, each in enumerate(self.received, 1) if not each.foreign_host]
        return tuple(sent if len(sent) <= MOST_JUDGED else (*sent[:MOST_JUDGED], sent[-1]))

    @cached_property
    def sent(self) -> tuple[Received, ...]:
        """Its requests to the service, without their numbers."""
        return tuple(each for _, each in self.numbered)

    @property
    def attempts(self) -> int:
        """The number of its GetCheckPoint requests."""
        return sum(each.expected is not None for each in self.received)

    @cached_property
    def foreign_hosts(self) -> tuple[str, ...]:
        """Other hosts that it sent requests to, each once."""
        return tuple(dict.fromkeys(each.foreign_host for each in self.received if each.foreign_host))

    @cached_property
    def checkpoint_requests(self) -> tuple[Received, ...]:
        """Its GetCheckPoint requests."""
        return tuple(each for each in self.sent if each.expected is not None)

    @cached_property
    def expected(self) -> Expectation | None:
        """The expectation of the last response; None without a GetCheckPoint request."""
        return self.checkpoint_requests[-1].expected if self.checkpoint_requests else None

    @property
    def duty(self) -> Duty | None:
        """The duty after the last response; None without a GetCheckPoint request."""
        return self.expected.duty if self.expected else None

    @cached_property
    def differences(self) -> list[compare.Difference]:
        """The differences between the list that it printed and the last response; compared once for all clauses."""
        assert self.expected is not None
        return compare.differences(self.printed, self.expected, self.setting.shard)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on each request to the service, in order."""
        key = self.setting.credentials
        return tuple(judge_request(each.request, credentials=key, at=each.at) for each in self.sent)

    @cached_property
    def wrong_parameters(self) -> tuple[Flaw, ...]:
        """The parameters of GetCheckPoint requests that differ from the setting."""
        return tuple(flaw for each in self.checkpoint_requests for flaw in parameter_flaws(each.request, self.setting))
