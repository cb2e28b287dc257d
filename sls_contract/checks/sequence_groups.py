"""``SLS408``, ``SLS409``, ``SLS417``, ``SLS429``, ``SLS446``: lists of groups, and the shards that are assigned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sls_contract.checks.presentation import shown
from sls_contract.checks.sequence import ClauseResults
from sls_contract.spec import Finding, clause


def judge_groups(
    listed: Sequence[Mapping[str, Any]], expected: Mapping[str, tuple[int, bool]], gone: Collection[str]
) -> ClauseResults:
    """Judge a list of groups: ``expected`` are timeout (seconds) and order by name, ``gone`` must not be listed."""
    by_name = {each["name"]: (at, each) for at, each in enumerate(listed) if isinstance(each.get("name"), str)}
    codes = ({"SLS408"} if expected or gone else set()) | ({"SLS409"} if expected.keys() & by_name.keys() else set())
    findings = (*_presence(by_name, expected, gone), *_settings(by_name, expected))
    return ClauseResults(findings, frozenset(codes))


def judge_assigned(assigned: Collection[int], listed: Collection[int]) -> ClauseResults:
    """Judge the shards in the response to a heartbeat by those of ListShards."""
    strange = sorted(set(assigned) - set(listed))
    found = clause("assigned-shard-exists").finding(
        "body",
        f"some of {shown(str(sorted(listed)))[1:-1]}: the shards that ListShards lists",
        f"also {strange}",
        "Assign shards of the logstore only.",
    )
    return ClauseResults((found,) if strange else (), frozenset({"SLS417"} if assigned else ()))


def judge_in_order(assigned: Collection[int], waiting: Collection[int]) -> ClauseResults:
    """Judge the response to a heartbeat in a group with order, while new shards wait for the split one."""
    early = sorted(set(assigned) & set(waiting))
    found = clause("split-in-order").finding(
        "body",
        f"none of {shown(str(sorted(waiting)))[1:-1]}: the group has order, and the split shard is not consumed",
        f"{early} assigned",
        "Assign the new shards of a split when the checkpoint of the split shard has reached its end.",
    )
    return ClauseResults((found,) if early else (), frozenset({"SLS446"}))


def judge_all_assigned(missing: Collection[int], wanted: Collection[int]) -> ClauseResults:
    """Judge the shards with logs to read that no consumer was assigned during several heartbeats."""
    found = clause("every-shard-assigned").finding(
        "body",
        f"all of {shown(str(sorted(wanted)))[1:-1]}: no other consumer of the group is alive",
        f"{sorted(missing)} assigned by none of the last heartbeats",
        "Assign all shards to the live consumers, and none to a consumer that timed out.",
    )
    return ClauseResults((found,) if missing else (), frozenset({"SLS429"}))


def judge_alive(error: str | None, status: int, *, alive: bool | None) -> ClauseResults:
    """Judge the response to a heartbeat with shards by whether its sender is alive; None: it may be either."""
    refused = error == "NotExistConsumerWithBody"
    if alive is None or refused != alive:
        return ClauseResults((), frozenset() if alive is not False else frozenset({"SLS416"}))
    found = clause("consumer-timeout").finding(
        "status",
        "200: the timeout is not over" if alive else "400 NotExistConsumerWithBody: three timeouts are over",
        f"{status} {error or ''}".strip(),
        "Delete a consumer once it was silent for the timeout of its group, in seconds, and not before.",
    )
    return ClauseResults((found,), frozenset({"SLS416"}))


def _presence(
    by_name: Mapping[str, object], expected: Mapping[str, object], gone: Collection[str]
) -> Iterator[Finding]:
    for name in expected.keys() - by_name.keys():
        yield clause("group-listed").finding(
            "body",
            f"an element for {shown(name)}, which exists",
            "none",
            "List every group of the logstore that exists, by its whole name.",
        )
    for name in sorted(by_name.keys() & set(gone)):
        yield clause("group-listed").finding(
            "body",
            f"no element for {shown(name)}, which does not exist",
            "one",
            "List only groups that exist, from creation to deletion.",
        )


def _settings(
    by_name: Mapping[str, tuple[int, Mapping[str, Any]]], expected: Mapping[str, tuple[int, bool]]
) -> Iterator[Finding]:
    for name in sorted(expected.keys() & by_name.keys()):
        at, element = by_name[name]
        for key, wanted in zip(("timeout", "order"), expected[name], strict=True):
            if type(element.get(key)) is type(wanted) and element[key] != wanted:
                yield clause("group-settings").finding(
                    f"/{at}/{key}",
                    f"{wanted!r}, as it was set last",
                    repr(element[key]),
                    "Keep the settings of the last CreateConsumerGroup or UpdateConsumerGroup of this very group.",
                )
