"""`sls-contract explain` for error codes, by name and out of pasted responses."""

import io
import json
import re

import pytest

from sls_contract import cli
from sls_contract.endpoint.faults import parse_fault
from sls_contract.spec import errors_with, known_codes, statuses_of
from sls_contract.spec.common_errors import MEANINGS


def explained(*names, stdin=b""):
    """Return the exit code of the command and what it printed, or its error."""
    out, err = io.StringIO(), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin))
    code = cli.run(["explain", *names], environ={}, stdin=given, stdout=out, stderr=err)
    return code, out.getvalue() + err.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("code", sorted(known_codes()))
def test_every_known_code_says_status_meaning_wordings_sources_and_what_next(code):
    """Whoever meets a code finds all of it on one page, whether a table, an operation or an observer names it."""
    ended, page = explained(code.lower())
    assert ended == 0
    head, meaning, *_ = page.splitlines()
    assert re.fullmatch(rf"{re.escape(code)} \((?:[45][0-9]{{2}}(?: or )?)+\)", head) or "no source" in head
    assert not meaning.startswith("Returned by")
    wordings = [wording for error in errors_with(code) for wording in error.wordings]
    together = " ".join(page.split())
    assert all(" ".join(wording.split()) in together for wording in wordings)
    assert "\nSources:\n" in page
    advice, _, command = page.partition("\nNext: ")[2].partition("\nRun: ")
    assert advice.strip().endswith(".")
    assert not command or command.startswith("sls-contract ")


def test_advice_fits_what_the_wordings_of_a_code_say():
    """A count does not fall by waiting, splitting helps a shard only, and a served fault is the code's own."""
    for code in known_codes():
        (status, *_), meaning = sorted(statuses_of(code)) or [0], MEANINGS.get(code)
        wordings = " ".join(wording.lower() for error in errors_with(code) for wording in error.wordings)
        advice = meaning.then if meaning else ""
        if re.search(r"count quota| most has ", wordings):
            assert "wait" not in advice, code
        if status == 503 or re.search(r"again later|quota is exceeded|qps", wordings):
            assert "wait" in advice or "later" in advice, code
        if "split the shard" in advice:
            assert "shard" in wordings, code
        if meaning and "--fault" in meaning.command:
            assert f"error={code} " in meaning.command
            (fault,) = re.findall(r"--fault '([^']+)'", meaning.command)
            assert parse_fault(fault).error == code


def test_no_command_is_advised_where_none_helps():
    """A full quota has nothing to do with a signature: the page ends with the advice in words."""
    _, page = explained("ProjectQuotaExceed")
    assert "Next: delete what is not needed" in page
    assert "Run: " not in page


def test_codes_of_contracts_of_ones_own_are_explained(tmp_path):
    """Who added an operation from its page looks up its errors as those that are shipped."""
    errors = [{"status": 404, "code": "ShelfNotExist", "messages": ["shelf {name} does not exist."]}]
    contract = {"operation": "RenameShelf", "method": "PUT", "path": "/shelves/{name}", "errors": errors}
    (tmp_path / "RenameShelf.json").write_text(json.dumps(contract), encoding="utf-8")
    ended, page = explained("ShelfNotExist", "--contract", str(tmp_path))
    assert (ended, "Returned by: RenameShelf" in page, "shelf {name} does not exist." in page) == (0, True, True)
    assert explained("ShelfNotExist")[0] == 2


PASTED = {
    "JSON": ('{"errorCode":"SignatureNotMatch","errorMessage":"signature x not match"}', "SignatureNotMatch"),
    "a whole response": ('HTTP/1.1 401 Unauthorized\n\n{"errorCode":"ShardNotExist"}', "ShardNotExist"),
    "XML": ("<Error><Code>RequestTimeTooSkewed</Code><Message>x</Message></Error>", "RequestTimeTooSkewed"),
    "HTML": ("{&quot;errorCode&quot;:&quot;ShardNotExist&quot;}", "ShardNotExist"),
    "escaped JSON": (r'"body":"{\"errorCode\":\"WriteQuotaExceed\"}"', "WriteQuotaExceed"),
    "repr of Python": ("LogException: {'errorCode': 'LogStoreNotExist', 'errorMessage': 'x'}", "LogStoreNotExist"),
    "exception of Java": (
        "LogException: x\n ErrorCode: InvalidAccessKeyId, ErrorMessage: The AccessKeyId is unauthorized",
        "InvalidAccessKeyId",
    ),
    "struct of Go": ("&{HTTPCode:404 Code:ConsumerGroupNotExist Message:x RequestID:5F}", "ConsumerGroupNotExist"),
    "values of a struct": ("&{401 SignatureNotMatch signature x not match 5FAA}", "SignatureNotMatch"),
    "requests": ("401 Client Error: Unauthorized for url: http://x\nSignatureNotMatch.", "SignatureNotMatch"),
    "an error of Node": ("ConsumerGroupNotExistError: consumer group not exist.", "ConsumerGroupNotExist"),
    "Chinese": ("报错了，错误码：ProjectNotExist，请问怎么办？", "ProjectNotExist"),
    "a response in a message": (
        '{"errorCode": "ClientError", "errorMessage": "{\\n \\"errorCode\\": \\"SignatureNotMatch\\"}"}',
        "SignatureNotMatch",
    ),
    "a message alone": ('{"errorMessage":"AccessKeyId not found: LTAIabc"}', "Unauthorized"),
}


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize(("pasted", "code"), PASTED.values(), ids=PASTED)
def test_the_code_is_found_in_whatever_was_pasted(pasted, code, encoding):
    """Exactly the code of the response is explained, none that its message or HTTP's reason phrase happens to spell."""
    ended, page = explained("-", stdin=pasted.encode(encoding))
    assert ended == 0
    assert re.findall(r"(?m)^(\S+) \([45n]", page) == [code]


def test_a_code_that_no_source_names_is_told_with_the_one_it_is_like():
    """A misspelt code is not passed over in silence."""
    ended, told = explained("-", stdin=b'{"errorCode":"SignatureNotMach"}')
    assert ended == 2
    assert "SignatureNotMach" in told
    assert "did you mean SignatureNotMatch" in told


def test_a_code_of_another_service_is_told_as_such():
    """SignatureDoesNotMatch is returned by OSS: the request went to the wrong service."""
    for told in (
        explained("SignatureDoesNotMatch"),
        explained("-", stdin=b"<Error><Code>SignatureDoesNotMatch</Code></Error>"),
    ):
        assert told[0] == 2
        assert "which OSS and the RPC interfaces of other services return" in told[1]
