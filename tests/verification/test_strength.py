"""Endpoints with one bug each are found out, each by its clause; the correct endpoint never is.

The whole measurement, with every scenario for every bug, is ``python -m benchmarks.strength``.
"""

from __future__ import annotations

import base64
import contextlib
from dataclasses import asdict
from pathlib import Path

import pytest
from advice import speaks_of_its_breach
from broken_endpoints import alike, logs_in_time, per_operation, registry, shards, signed, spellings
from started_processes import FULL

from benchmarks import strength
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, sign
from sls_contract.spec import CLAUSES, Level
from sls_contract.transport import TransportError

_WARNINGS = {"SLS285", "SLS418", "SLS419", "SLS429", "SLS438", "SLS446"}
EVERYWHERE = "group-made-again"
SHOWN_BY = {
    "connection-after-refusals": (
        "asks_for_one_signature_on_a_connection refuses_after_one_refusal responds_for_the_first_host "
    ),
    "connection-of-other-questions": (
        "one_request_id_for_a_connection one_request_id_for_all responds_for_the_first_group "
        "compresses_for_whoever_took_it_once filters_by_the_first_shard "
    ),
    "connection-of-several-keys": "asks_for_one_token_on_a_connection",
    "connection-to-two-logstores": "responds_for_the_first_logstore",
    "connection-used-often": "serves_twenty_requests_on_a_connection",
    "connections-side-by-side": (
        "sees_its_own_writes_only remembers_on_a_connection_that_a_group_was_missing "
        "remembers_on_a_connection_that_a_group_was_there "
    ),
    "connection-of-pulls": "decompresses_as_the_first_write",
    "heartbeat-nearly-signed": "proxy_wants_credentials_of_its_own",
    "shard-handed-back": "restores_what_the_consumer_wrote",
    "consumer-in-capitals": "consumer_in_small_letters",
    "consumer-of-36-letters": "consumer_cut_at_32_letters",
    "form-date-late": "looks_at_date_first signs_date_first",
    "groups-begin-alike": (
        "takes_the_beginning_for_the_name takes_a_longer_name cuts_names_at_sixty keeps_checkpoints_by_length "
        "deletes_what_begins_alike "
    ),
    "groups-differ-in-case": (
        "reads_names_without_case reads_names_for_reads_without_case keeps_checkpoints_by_small_letters "
    ),
    "groups-hash-alike": ("keeps_checkpoints_by_java_hash keeps_checkpoints_by_hash_of_33 "),
    "groups-sum-alike": "keeps_checkpoints_by_crc keeps_checkpoints_by_adler keeps_checkpoints_by_letters",
    "groups-look-alike": (
        "reads_names_in_composed_form reads_names_in_plain_width reads_names_without_accents strips_names "
    ),
    "groups-match-alike": "takes_names_for_patterns takes_other_names_for_patterns keeps_checkpoints_by_slug",
    "groups-sort-alike": "sorts_numbers_in_names",
    "logstore-beginning-alike": "finds_logstores_by_their_beginning finds_the_first_logstore_that_begins_so",
    "logstore-in-capitals": "finds_logstores_without_case",
    "near-miss-date-beside-old": "looks_at_date_beside_v4",
    "near-miss-log-date-ahead": "takes_either_date",
    "near-miss-log-date-garbled": "passes_over_a_garbled_log_date",
    "near-miss-log-date-unsigned": "signs_date_alone",
    "near-miss-signed-for-another-group": "remembers_signatures takes_the_signature_of_any_group",
    "near-miss-signed-for-another-logstore": "takes_the_signature_of_any_logstore",
    "near-miss-signed-for-another-operation": (
        "takes_the_signature_of_a_deletion deletes_with_the_signature_of_a_read "
    ),
    "near-miss-signed-for-another-project": "takes_the_signature_of_any_project",
    "near-miss-signed-for-another-shard": "takes_the_signature_of_any_shard",
    "project-beginning-alike": "finds_projects_by_their_beginning finds_the_first_project_that_begins_so",
    "shard-handed-over": (
        "names_the_first_writer_for_ever names_the_holder_before names_whoever_was_seen_last "
        "loses_checkpoints_that_pass takes_the_passing_for_a_write forgets_the_time_of_what_passes "
        "filters_before_the_passing gives_each_shard_to_everybody "
    ),
    "shard-handed-over-to-small-letters": "consumers_as_they_were_first_written",
    "two-projects": "one_checkpoint_for_all_projects",
    "create-group-consumer-group-already-exist": "overwrites_a_group_that_is_made_twice twice_made_is_another_error ",
    "create-group-json-info-invalid": "wrong_settings_are_another_error",
    "get-cursor-of-times": (
        "gives_the_end_for_every_time gives_the_beginning_for_every_time reads_times_in_milliseconds "
    ),
    "get-cursor-parameter-invalid": "takes_any_time_for_the_beginning",
    "get-cursor-served": "names_the_cursor_otherwise gives_a_cursor_that_is_no_base64",
    "get-cursor-shard-not-exist": "missing_shards_are_404_everywhere missing_shards_are_missing_logstores",
    "get-cursor-time-of-a-log": "tells_the_time_in_milliseconds tells_the_time_of_beijing tells_the_time_in_a_text",
    "group-updated": "takes_updates_and_keeps_none returns_204_where_a_group_was_changed",
    "heartbeat-of-two-consumers": "returns_no_body_where_no_shard_is_held",
    "groups-listed": (
        "lists_all_groups_but_the_last lists_deleted_groups lists_one_timeout_for_all lists_no_order "
        "writes_timeouts_as_fractions wraps_groups_as_the_page_prints_them knows_no_group_when_asked_to_list "
    ),
    "heartbeat-in-time": "never_forgets_consumers forgets_consumers_after_five_seconds",
    "heartbeat-not-exist-consumer-with-body": (
        "strange_consumers_are_missing_ones lets_strange_consumers_hold_shards remembers_consumers_of_deleted_groups "
        "registers_consumers_whose_first_heartbeat_has_a_body "
    ),
    "heartbeat-not-let-in": "registers_consumers_of_forged_heartbeats",
    "heartbeat-token-not-let-in": "registers_consumers_without_a_token",
    "heartbeat-nowhere": "missing_groups_of_heartbeats_are_missing_logstores",
    "heartbeat-of-one-consumer": (
        "assigns_a_shard_more wraps_the_heartbeat_as_the_page_prints_it responds_to_heartbeats_in_texts "
        "lists_shards_without_status lists_one_of_the_shards_twice "
    ),
    "delete-group-nearly-there": "missing_groups_of_deletions_are_missing_logstores",
    "delete-group-nowhere": "deletes_in_missing_logstores",
    "list-groups-nowhere": "lists_groups_of_missing_logstores",
    "split-shard-nowhere": "splits_shards_of_missing_places",
    "logs-in-plain": "tells_the_compressed_size",
    "pull-logs-in-small-steps": (
        "goes_back_to_the_first_cursor returns_the_cursor_that_was_asked_for hides_each_second_log_group "
        "takes_logs_and_keeps_none keeps_logs_in_ascii forgets_the_topic tells_the_size_on_the_wire "
        "counts_one_log_group_too_few counts_in_words gives_no_next_cursor "
        "returns_json_to_whoever_asked_for_protobuf forgets_the_source keeps_whole_seconds sorts_the_keys_of_logs "
        "declares_log_groups_as_json returns_json_where_no_log_is_left gives_no_next_cursor_at_the_end "
    ),
    "pull-logs-again": "gives_logs_once",
    "pull-logs-invalid-cursor": "invalid_cursors_are_missing_shards",
    "pull-logs-not-let-in": "asks_for_no_signature_of_logs",
    "pull-logs-of-one-shard": "gives_a_log_group_again pulls_as_many_as_it_likes",
    "pull-logs-up-to-an-end": "passes_over_the_end goes_back_at_the_end",
    "pull-logs-parameter-invalid": "takes_any_count",
    "put-logs-in-unknown-compression": "takes_any_compression",
    "put-logs-alike": "keeps_equal_logs_once",
    "put-logs-by-hash-key": "routes_by_no_hash_key",
    "put-logs-invalid-encoding": "takes_any_encoding",
    "put-logs-post-body-invalid": "damaged_messages_are_other_errors",
    "put-logs-post-body-uncompress-error": "invents_an_error_for_damaged_bodies",
    "put-logs-refused": "stores_logs_before_it_checks",
    "put-logs-to-two-logstores": "keeps_all_logs_in_two_logstores",
    "update-checkpoint-invalid-shard-check-point": "no_base64_is_another_error",
    "update-checkpoint-of-a-stranger": "takes_checkpoints_of_anybody",
    "update-checkpoint-shard-not-exist": "missing_shards_are_missing_groups",
    "update-checkpoint-without-consumer": "takes_checkpoints_of_nobody",
    "checkpoint-bytes": (
        "checkpoint_in_url_alphabet shows_the_write_before shows_the_first_write_for_ever "
        "reads_from_a_lagging_replica time_runs_back "
    ),
    "checkpoint-rewound": "never_goes_back",
    "checkpoints-at-once": "loses_one_of_two_writes_at_once",
    "checkpoint-texts": "checkpoint_as_a_number",
    "consumer-named-in-chinese": "length_in_characters gbk_encoding consumer_hard_coded",
    "each-shard-given": "one_shard_too_few_by_filter",
    "filter-and-list": "consumer_in_the_whole_list_only",
    "form-go": "announces_gzip_to_whoever_takes_it",
    "form-no-gzip": "compresses_where_gzip_is_named",
    "form-node-v1": "wants_a_body_size",
    "form-upper": (
        "announces_lz4_where_nothing_forbids_it knows_no_v4 knows_no_sha256 reads_header_names_letter_by_letter "
    ),
    "group-named-with-percent": "decodes_names_twice",
    "key-unknown": "makes_keys_up unknown_key_is_a_wrong_signature",
    "logstore-missing": "missing_logstore_is_missing_group missing_logstore_is_empty",
    "malformed-no-authorization": (
        "asks_for_no_signature lets_the_unsigned_in lets_any_scheme_in caches_by_url empty_error "
        "snake_case_error invented_code code_of_a_sibling code_with_another_status "
        "crashes_on_malformed_authentication "
    ),
    "many-shards": (
        "no_content_for_unknown_shard hangs_up_on_an_unknown_shard returns_null_for_empty filters_by_prefix "
        "empty_body_for_empty_list lists_a_hundred_at_most unknown_shard_is_invalid unknown_shard_is_404 "
        "time_of_the_read one_time_for_all_shards "
    ),
    "malformed-no-signature-method": "needs_no_signature_method",
    "near-miss-acs-header-added": (
        "lets_known_keys_in signs_only_known_headers wrong_signature_is_403 wrong_signature_is_unauthorized "
    ),
    "near-miss-body": "hashes_no_body",
    "near-miss-content-type": "signs_no_content_type",
    "near-miss-date": "signs_no_date",
    "near-miss-digest-case": "compares_digests_without_case",
    "near-miss-for-every-shard": "lets_whole_lists_out",
    "near-miss-hexadecimal": "accepts_hexadecimal",
    "near-miss-log-date-old": "looks_at_date_alone",
    "near-miss-log-header-changed": "signs_header_names_only",
    "near-miss-method": "signs_no_method",
    "near-miss-other-hash": "takes_either_hash",
    "near-miss-path": "signs_no_path",
    "near-miss-payload-hash": "trusts_the_announced_body_digest",
    "near-miss-query-added": "signs_only_known_query_keys",
    "near-miss-query-dropped": "signs_no_query",
    "near-miss-scope-of-other-service": "takes_any_scope",
    "near-miss-with-token-token-unsigned": "lets_temporary_keys_in",
    "project-missing": "missing_project_is_missing_logstore knows_one_project_only",
    "refused-creation": "empties_a_group_that_is_made_twice",
    "refused-deletion": "deletes_before_it_checks",
    "refused-write": "stores_before_it_checks",
    "shard-unknown": "makes_up_the_next_shard overflows_on_a_large_shard",
    "time-14-minutes-ago": "allows_five_minutes",
    "time-16-minutes-ago": "looks_at_no_clock looks_at_the_future_only allows_an_hour clock_is_unauthorized",
    "time-16-minutes-ahead": "looks_at_the_past_only",
    "token-expired": "tokens_never_expire reads_no_token bad_token_is_a_wrong_signature",
    "token-v1": "knows_no_tokens",
    "two-groups": "one_checkpoint_for_all_groups",
    "two-logstores": "one_checkpoint_for_all_logstores",
    "update-time-not-forced": "unforced_writes_keep_the_time",
    "update-time-moves": "tells_the_time_of_the_client",
    "update-time-of-same-value": "keeps_the_time_of_the_first_write same_value_is_no_write",
}
"""The scenario that shows a bug, where the usual one does not: names of bugs by the name of the scenario."""

SCENARIO = (
    {bug: scenario for scenario, bugs in SHOWN_BY.items() for bug in bugs.split()}
    | per_operation.SHOWN_BY
    | shards.SHOWN_BY
    | spellings.SHOWN_BY
    | alike.SHOWN_BY
    | signed.SHOWN_BY
    | logs_in_time.SHOWN_BY
)


def cases():
    """Give each bug; without SLS_FULL the first that a clause finds, of every third clause."""
    seen = set()
    for bug in registry.BROKEN.values():
        left_out = bug.code in seen or len(seen) % 3
        yield pytest.param(bug, marks=[pytest.mark.full] if left_out else [], id=bug.name)
        seen.add(bug.code)


def test_a_change_of_shards_that_no_logstore_has_is_a_finding():
    run = registry.verify(registry.BROKEN["splits_shards_of_missing_places"].make(), "split-shard-nowhere")
    assert {"SLS442", "SLS443"} <= {each.finding.code for each in run.located}


@pytest.mark.slow
@pytest.mark.parametrize("bug", [*cases()])
def test_a_bug_is_found_by_its_clause(bug):
    """One scenario is enough to show the bug, and the clause that speaks of it is broken."""
    run = registry.verify(bug.make(), SCENARIO.get(bug.name, EVERYWHERE))
    found = [each.finding for each in run.located if each.finding.code == bug.code]
    assert found
    assert [each for each in found if not speaks_of_its_breach(asdict(each))] == []
    assert run.violated(strict=True)


def test_a_cursor_that_leaves_a_log_out_is_found_among_logs_of_the_same_second():
    """Scenarios that ran just before have logs in the shard, which a time in seconds does not tell apart."""
    bug = registry.BROKEN["returns_the_cursor_after_the_first_log_of_a_time"]
    run = registry.verify(
        bug.make(), "pull-logs-in-small-steps", "logs-long-and-many", "put-logs-alike", "get-cursor-time-of-a-log"
    )
    assert ("SLS439", "get-cursor-time-of-a-log") in {(each.finding.code, each.scenario) for each in run.located}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_the_correct_endpoint_is_never_accused(seed):
    """Generated sequences and near misses find nothing where there is nothing."""
    run = registry.verify(
        registry.correct(), "generated-sequences", "generated-near-misses", examples=30 if FULL else 10, seed=seed
    )
    assert [str(each.finding) for each in run.located] == []
    assert {each.verdict for each in run.performed} == {"passed"}


def test_every_clause_has_its_bug():
    """Each violation clause about responses and behaviour is the one that some endpoint breaks."""
    told = {code for code, each in CLAUSES.items() if code[3] in "24" and each.level is Level.VIOLATION}
    nowhere = {"SLS280"}  # no operation that verify asks for filters by a parameter that it is about
    assert {bug.code for bug in registry.BROKEN.values()} - _WARNINGS == told - nowhere
    assert SCENARIO.keys() <= registry.BROKEN.keys()


def test_a_consumer_that_holds_shards_from_the_start_breaks_one_clause():
    """The clause about consumers says what is wrong; the one about documented errors would say it again."""
    endpoint = registry.BROKEN["lets_strange_consumers_hold_shards"].make()
    run = registry.verify(endpoint, "heartbeat-not-exist-consumer-with-body")
    assert {each.finding.code for each in run.located} == {"SLS436"}


def test_a_bug_whose_endpoint_raises_is_named(monkeypatch):
    """The benchmark goes on with the other bugs, and shows that this one has no verdict."""

    def make():
        return lambda request: {}["shard"]

    monkeypatch.setitem(registry.BROKEN, "raises", registry.Broken("raises", "SLS201", make))
    result = strength.run_bug("raises")
    line = make.__code__.co_firstlineno + 1
    assert result.row == ("raises", "RAISED", f"KeyError: 'shard' ({Path(__file__).name}:{line})", 0)
    assert not result.passed


def test_a_bug_that_a_warning_shows_is_found():
    """Whoever runs verify with --strict sees it."""
    run = registry.verify(registry.BROKEN["takes_checkpoints_of_anybody"].make(), "update-checkpoint-of-a-stranger")
    assert strength.found(run).keys() == {"SLS438"}
    assert not run.violated()


def test_the_benchmark_shows_which_clauses_no_bug_needs():
    """A clause that no exchange is about cannot be needed; each other one needs a bug that it alone finds."""
    results = [
        strength.Result("two", "SLS201", {"SLS201": 1, "SLS202": 2}),
        strength.Result("alone", "SLS201", {"SLS201": 3}),
        strength.Result("other", "SLS203", {"SLS201": 3, "SLS203": 1}),
        strength.Result("escaped", "SLS204"),
    ]
    assert strength.need_of("SLS201", results, set()) == "alone"
    assert strength.need_of("SLS202", results, {"SLS202"}) == strength.NONE
    assert strength.need_of("SLS203", results, set()) == strength.NONE
    assert strength.need_of("SLS204", results, set()) == strength.NONE
    assert strength.need_of("SLS280", results, set()) == strength.NOT_EXERCISED
    assert (
        strength.need_of("SLS439", [strength.Result("warned", "SLS439", {"SLS438": 1, "SLS439": 1})], set()) == "warned"
    )
    assert [each.row[1] for each in results] == ["SLS201", "SLS201", "SLS203", "ESCAPED"]


_GROUP = "/logstores/my-logstore/consumergroups/g"
_UNUSUAL = (
    ("POST", "/logstores/my-logstore/consumergroups", b'{"consumerGroup":"g","timeout":60,"order":true}'),
    ("POST", f"{_GROUP}?type=heartbeat&consumer=c", b"[]"),
    ("POST", f"{_GROUP}?type=checkpoint&consumer=c", b'{"shard":0,"checkpoint":"//79"}'),  # bytes of no text
    ("POST", f"{_GROUP}?type=checkpoint&consumer=c", b'{"shard":1,"checkpoint":"%s"}' % base64.b64encode(b"9" * 3000)),
    ("GET", _GROUP, b""),
    ("GET", "/logstores/my-logstore/shards", b""),
    ("GET", "/logstores/my-logstore/shards/0?type=cursor&from=end", b""),  # up to here they are correct
    ("POST", "/logstores/my-logstore/consumergroups", b""),
    ("POST", "/logstores/my-logstore/consumergroups", b"{"),
    ("POST", "/logstores/my-logstore/consumergroups", b"[]"),
    ("POST", "/logstores/my-logstore/consumergroups", b'{"consumerGroup":["g"],"timeout":"60"}'),
    ("PUT", _GROUP, b"null"),
    ("POST", f"{_GROUP}?type=checkpoint&consumer=c", b'{"shard":"0"}'),
    ("POST", f"{_GROUP}?type=checkpoint&consumer=c", b'{"shard":[0],"checkpoint":0}'),
    ("POST", f"{_GROUP}?type=checkpoint", b'{"shard":0,"checkpoint":null}'),
    ("POST", f"{_GROUP}?type=heartbeat", b"\xff"),
    ("GET", f"{_GROUP}?shard=" + "9" * 5000, b""),
    ("GET", "/logstores/my-logstore/shards/x?type=cursor&from=" + "9" * 5000, b""),
    ("GET", "/logstores/my-logstore/shards/x?type=log&count=x", b""),
    ("POST", "/logstores/my-logstore/shards/x?action=split", b""),
    ("GET", "/", b""),
)


@pytest.mark.slow
def test_broken_endpoints_respond_to_unusual_requests():
    """What a bug cannot read goes to the correct endpoint; none raises an exception of its own."""
    host = f"{registry.PROJECT}.127.0.0.1:1"
    requests = [
        sign(Request(method, f"http://{host}{path}", {"Host": host}, body), TEST_CREDENTIALS, at=registry.now())
        for method, path, body in _UNUSUAL
    ]
    for bug in registry.BROKEN.values():
        send = bug.make()
        for request in requests:
            with contextlib.suppress(TransportError):
                assert send(request).status >= 200, bug.name
