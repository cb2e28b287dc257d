"""The table of known errors."""

import time

import pytest

from sls_contract.spec import KNOWN_ERRORS, errors_of, errors_with, statuses_of, wording_is_known
from sls_contract.spec.common_errors import LONGEST_MESSAGE
from sls_contract.spec.registry import registry


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        ("ConsumerGroupNotExist", {404}),
        ("LogStoreNotExist", {404}),
        ("ProjectNotExist", {404}),
        ("ProjectNotExists", {404}),
        ("InvalidContentType", {400, 415}),
        ("SignatureNotMatch", {401}),
        ("Unauthorized", {401}),
        ("RequestTimeExpired", {400}),
        ("RequestTimeTooSkewed", {400}),
        ("InvalidMethod", {405}),
        ("ProjectForbidden", {403}),
        ("PostBodyTooLarge", {413}),
        ("RequestTimeout", {500}),
        ("ServerBusy", {503}),
        ("ShardReadQuotaExceed", {403}),
        ("ProjectQuotaExceed", {403}),
        ("ConsumerNotMatch", set()),
        ("NeverHeardOfIt", set()),
        ("consumergroupnotexist", set()),
    ],
)
def test_a_code_has_the_statuses_it_came_with(code, statuses):
    """Codes are exact; one may have had two statuses over the years."""
    assert statuses_of(code) == statuses


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ProjectNotExist", "The Project does not exist : my-project."),
        ("ProjectNotExist", "The Project does not exist : my-project"),
        ("ProjectNotExist", "The Project does not exist: my-project"),
        ("ProjectNotExist", "Project my-project does not exist."),
        ("LogStoreNotExist", "logstore my-logstore dose not exist."),
        ("LogStoreNotExist", "Logstore my-logstore dose not exist."),
        ("LogStoreNotExist", "The logstore 日志 dose not exist."),
        ("LogStoreNotExist", "logstore X does not exist"),
        ("ConsumerGroupNotExist", "consumer group not exist."),
        ("ConsumerGroupNotExist", "Consumer group not exist"),
        ("SignatureNotMatch", "signature +zjvhBkmHLLvPPjj5po4S002IVM= not match"),
        ("SignatureNotMatch", "Signature abc is not matched."),
        ("SignatureNotMatch", "Signature abc not matched."),
        (
            "RequestTimeExpired",
            "request timeThu, 15 Oct 2020 00:00:00 GMT has been expired while server time is Thu, 15 Oct 2020 15:13",
        ),
        ("InvalidMethod", "invalid request method : /logstores/logxxxxx/consumergroups/"),
        (
            "Unauthorized",
            "denied by sts or ram, action: log:PostLogStoreLogs, resource: acs:log:cn-beijing:1:project/x",
        ),
        ("Unauthorized", "AccessKeyId not found: noExistKey"),
        ("Unauthorized", "The security token you provided has expired"),
        ("InvalidAccessKeyId", "AccessKeyId abc is inactive"),
        ("ProjectForbidden", "project xxdd has been forbidden"),
        ("ParameterInvalid", "Http extend authorization : LOG x pair is invalid."),
        ("ParameterInvalid", "The parameter from must be a positive integer"),
        ("MissingParameter", "Missing http extend header key : x-log-date."),
        ("InternalServerError", "Specified Server Error Message."),
        ("InternalServerError", "anything\nat all"),
        ("JsonInfoInvalid", "Timeout is of error value type."),
        ("JsonInfoInvalid", "ConsumerGroup or timeout is of error format."),
        ("NotExistConsumerWithBody", "Non-exist consumer with non-empty body of heartbeat message."),
        ("ShardNotExist", "Shard not exist."),
        ("ShardReadQuotaExceed", "shard read qps exceed quota limits"),
        ("ShardReadQuotaExceed", "shard read bytes exceed quota limits"),
        ("ShardWriteQuotaExceed", "shard write quota exceed, shard: 3"),
        ("ProjectQuotaExceed", "project my-project logstore count quota exceed"),
        ("WriteQuotaExceed", "Project write quota exceed: qps: 1234"),
        ("ReadQuotaExceed", "Read QPS Exceed"),
        ("WriteQuotaExceed", "Inflow Quota Exceed"),
        ("Unauthorized", "fail to map inner project owner id to aliuid"),
        ("PostBodyInvalid", "wrong data type"),
        ("Unauthorized", "need authorization in header to authenticate"),
        ("ParameterInvalid", "need authorization in header to authenticate"),
    ],
)
def test_every_printed_or_observed_wording_is_known(code, message):
    """Capitals, the full stop, the space before a colon and dose for does make no difference."""
    assert wording_is_known(code, message)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ConsumerGroupNotExist", "consumer group gone"),
        ("ConsumerGroupNotExist", ""),
        ("ConsumerGroupNotExist", "consumer group not exist.\n"),
        ("ConsumerGroupNotExist", "logstore my-logstore does not exist"),
        ("ProjectNotExist", "The Project did not exist : x"),
        ("NeverHeardOfIt", "consumer group not exist."),
        ("ConsumerNotMatch", "consumer group not exist."),
        ("InternalServerError", "x" * (LONGEST_MESSAGE + 1)),
    ],
)
def test_another_wording_is_not_known(code, message):
    """A wording of another code, a new wording, or a flood is not a known one."""
    assert not wording_is_known(code, message)


@pytest.mark.parametrize("code", sorted({error.code for error in KNOWN_ERRORS}))
def test_a_hostile_message_is_judged_in_time(code):
    """No message of the longest allowed length takes long to match, however it repeats a wording's words."""
    for piece in (" not ", "a", ", resource: ", " has been expired while server time is ", " : "):
        message = ("request time denied by sts or ram, action: " + piece * LONGEST_MESSAGE)[:LONGEST_MESSAGE]
        began = time.process_time()
        wording_is_known(code, message)
        assert time.process_time() - began < 2


def test_an_operation_has_its_own_errors_and_the_common_ones():
    """What belongs to another operation alone is not in GetCheckPoint's list."""
    codes = {error.code for error in errors_of("GetCheckPoint")}
    assert codes >= {
        "ConsumerGroupNotExist",
        "LogStoreNotExist",
        "ProjectNotExist",
        "InternalServerError",
        "ServerBusy",
    }
    assert codes.isdisjoint({"ConsumerGroupAlreadyExist", "ShardNotExist", "JsonInfoInvalid", "InvalidShardCheckPoint"})


def test_an_unknown_operation_has_the_common_errors():
    """For any other operation only the common errors are known."""
    codes = {error.code for error in errors_of("PutLogs")}
    assert "SignatureNotMatch" in codes
    assert "ConsumerGroupNotExist" not in codes


def test_every_record_can_be_believed():
    """Each record has a source, a status of an error where a page or response names it, and operations that exist."""
    names = set(registry().names)
    for error in KNOWN_ERRORS:
        assert error.sources
        assert set(error.operations) <= names
        if error.origin == "sdk":
            assert error.status is None
            assert error.wordings == ()
        else:
            assert error.status in range(400, 600)
            assert error.wordings


def test_no_error_is_recorded_twice():
    """A pair of status and code has one record for the same operations."""
    keys = [(error.status, error.code, error.operations) for error in KNOWN_ERRORS]
    assert len(keys) == len(set(keys))
    assert {error.status for error in errors_with("InvalidContentType")} == {400, 415}
