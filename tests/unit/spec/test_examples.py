"""The exchanges that the pages print."""

import json

import page_examples as examples
import pytest

from sls_contract.checks.judgement import judge, judge_request
from sls_contract.spec import Level, errors_with, operation_of, wording_is_known


def violations(verdict):
    return [finding.where for finding in verdict.findings if finding.level is Level.VIOLATION]


def test_the_success_has_the_length_that_the_page_prints():
    """The body is the compact bare array of 111 bytes, and valid."""
    exchange = examples.success()
    assert len(exchange.response.body) == 111
    assert exchange.response.headers["content-length"] == "111"
    assert violations(judge(exchange)) == violations(judge_request(exchange.request))


def test_the_request_is_as_printed():
    """It is a GetCheckPoint request in which only the placeholder signature is no real one."""
    request = examples.request()
    assert operation_of(request).operation == "GetCheckPoint"
    assert request.headers["authorization"] == "LOG yourAccessKeyId:yourSignature"
    assert violations(judge_request(request)) == ["header Authorization"]


@pytest.mark.parametrize(
    "code", ["ProjectNotExist", "LogStoreNotExist", "ConsumerGroupNotExist", "InternalServerError"]
)
def test_each_printed_error_is_in_the_table(code):
    """Status, code and wording of each example are known, and its body is valid."""
    response = examples.errors()[code].response
    body = json.loads(response.body)
    assert violations(judge(examples.errors()[code])) == violations(judge_request(examples.request()))
    assert response.status in {error.status for error in errors_with(body["errorCode"])}
    assert wording_is_known(code, body["errorMessage"])
    assert int(response.headers["content-length"]) == len(response.body)


def test_there_are_no_other_errors_on_the_page():
    """The page's table has four rows."""
    assert len(examples.errors()) == 4
