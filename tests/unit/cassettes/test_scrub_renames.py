"""Names that the user keeps private: replaced wherever they stand as names, and nowhere else."""

import json
from datetime import UTC, datetime

import pytest

from sls_contract.cassettes.scrub import Scrubber, Substitution
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign, verify_signature

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
PLAIN = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre")
PUBLIC = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
RENAMES = {"prod-logs": "my-project", "订单": "我的日志库", "cg-7": "my-group", "cn-shanghai": "cn-hangzhou"}


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_renames(scheme):
    """Real names become public ones in URL, Host, headers, bodies and the scope of v4, before signing again."""
    url = (
        "https://prod-logs.cn-shanghai.log.aliyuncs.com/logstores/%E8%AE%A2%E5%8D%95/consumergroups/cg-7"
        "?shard=0&cg-7=cg-7"
    )
    request = sign(Request("GET", url), PLAIN, scheme=scheme, at=AT)
    body = b'{"errorMessage":"Project(prod-logs) dose not exist: my-prod-logs \\u8ba2\\u5355","cg-7":"cg-7"}'
    done = Scrubber([PLAIN], renames=RENAMES).exchange(Exchange(request, Response(404, (), body)))
    assert done.exchange.request.url == (
        "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/%E6%88%91%E7%9A%84%E6%97%A5%E5%BF%97%E5%BA%93"
        "/consumergroups/my-group?shard=0&cg-7=my-group"
    )
    assert done.exchange.request.host == "my-project.cn-hangzhou.log.aliyuncs.com"
    assert json.loads(done.exchange.response.body) == {
        "errorMessage": "Project(my-project) dose not exist: my-prod-logs 我的日志库",
        "cg-7": "my-group",
    }
    assert verify_signature(done.exchange.request, PUBLIC) is None
    assert Substitution("header Host", "my-project", 1) in done.substitutions
    assert not any(real in repr(done.substitutions) for real in RENAMES)
    live = Scrubber(renames=RENAMES).request(request)
    assert (live.url, live.host, live.body) == (done.exchange.request.url, done.exchange.request.host, b"")
    assert Scrubber([PLAIN], renames=RENAMES).exchange(done.exchange).exchange == done.exchange


def test_names_that_are_words_of_the_protocol():
    """A project named ``log`` or a group named ``consumergroups`` is renamed only where it is that name."""
    url = "https://log.cn-hangzhou.log.aliyuncs.com/logstores/log/consumergroups/consumergroups?shard=77777"
    renames = {"log": "my-project", "consumergroups": "my-group", "77777": "88888"}
    request = Scrubber(renames=renames).request(Request("GET", url, {"User-Agent": "catalog app.log log-x"}))
    assert request.url == (
        "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-project/consumergroups/my-group?shard=88888"
    )
    assert request.headers["user-agent"] == "catalog app.log log-x"
    response = Response(200, (), b'[{"shard":77777,"log":"log"}]')
    done = Scrubber(renames=renames).exchange(Exchange(request, response)).exchange
    assert done.response.body == b'[{"shard":77777,"log":"my-project"}]'


@pytest.mark.parametrize("table", [{"a1": "b1", "b1": "c1"}, {"a1": "x a1"}, {"": "b"}, {"a1": ""}])
def test_renames_that_cannot_be_kept_apart(table):
    """A table that would change recordings again, or names nothing, is refused with the fix."""
    with pytest.raises(UsageError, match=r"rename.*How to fix"):
        Scrubber(renames=table)


@pytest.mark.parametrize(
    ("path", "headers", "body", "alike"),
    [
        ("/logstores/x", (), b"", True),
        ("/logstores/%E8%AE%A2%E5%8D%95", (), b"", False),
        ("/logstores/x", (("X-Name", "cg-7"),), b"", False),
        ("/logstores/x", (), b'{"name": "\\u8ba2\\u5355"}', False),
        ("/logstores/my-cg-7", (), b"", True),
    ],
)
def test_a_request_without_a_real_name_is_looked_up_as_it_is(path, headers, body, alike):
    """Recordings hold the public names: whatever holds a real one, spelled anyhow, is renamed first."""
    request = Request("GET", f"https://p.cn-beijing.log.aliyuncs.com{path}", headers, body)
    assert Scrubber(renames=RENAMES).may_match_unscrubbed(request) is alike
