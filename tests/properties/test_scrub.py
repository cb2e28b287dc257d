"""Scrubbing, for any exchange: nothing left, JSON stays JSON, lengths stay true, twice is once."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from alibabacloud_gateway_sls.client import Client as TeaSigner
from aliyun.log.auth import AuthV1, AuthV4
from aliyun.log.credentials import StaticCredentialsProvider
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.cassettes.scrub.names import kind_of
from sls_contract.exchange import Exchange, Request, Response, wire_bytes
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, http_date, sign, verify_signature

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
PUBLIC = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

ids = st.lists(st.sampled_from(ALNUM), min_size=16, max_size=26).map(lambda chars: "LTAI" + "".join(chars))
secrets = st.lists(st.sampled_from(ALNUM + "+/=._-~"), min_size=20, max_size=40, unique=True).map("".join)
keys = st.builds(Credentials, ids, secrets, st.none() | secrets)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=30).filter(lambda t: not kind_of(t))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts, lambda v: st.lists(v) | st.dictionaries(texts, v)
)
spellings = st.sampled_from(
    [
        lambda s: s,
        lambda s: quote(s, safe=""),
        lambda s: quote(quote(s, safe=""), safe=""),
        lambda s: base64.b64encode(s.encode()).decode(),
        lambda s: base64.b64encode(f"a:{s}".encode()).decode(),
        lambda s: s.encode().hex(),
    ]
)
schemes = st.sampled_from(["v1", "v1-sha256", "v4"])


def an_exchange(key, scheme, note, body, more):
    url = f"https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/{quote(note, safe='')}?shard=0&q={quote(note)}"
    header = "".join(char for char in note if char.isprintable() and char.isascii())
    request = sign(Request("POST", url, {"X-Note": header}, body), key, scheme=scheme, at=AT)
    return Exchange(request, Response(200, {"Content-Length": str(len(body) + more)}, body))


@pytest.mark.slow
@given(keys, schemes, values, texts, texts, spellings, st.integers(-3, 3))
def test_scrub_keeps_what_it_must(key, scheme, value, before, after, spell, lie):
    """No key is left, bodies parse, lengths keep their truth, the recording verifies, twice is the same as once."""
    planted = [part for part in (key.access_key_id, key.access_key_secret, key.security_token) if part]
    notes = [before + spell(part) + after for part in planted]
    body = json.dumps({"value": value, "notes": notes, "n": 10**20}, ensure_ascii=False).encode()
    scrubber = Scrubber([key])
    done = scrubber.exchange(an_exchange(key, scheme, spell(planted[-1]), body, lie))
    stored = done.exchange
    assert leaks(b"\n".join((wire_bytes(stored.request.url), stored.request.body, stored.response.body)), [key]) == ()
    assert not any(part in str(stored.request.headers.pairs) + stored.request.url for part in planted)
    assert json.loads(stored.response.body)["value"] == value
    assert int(stored.response.headers["content-length"]) == len(stored.response.body) + lie
    assert done.signature == "verified"
    assert verify_signature(stored.request, PUBLIC) is None
    assert scrubber.exchange(stored).exchange == stored
    live = scrubber.request(an_exchange(key, scheme, spell(planted[-1]), body, lie).request)
    assert (live.url, live.body) == (stored.request.url, stored.request.body)


@given(keys, st.binary(max_size=200))
def test_bytes_without_secrets_stay(key, data):
    """Random bytes, as they are and as base64, come back unchanged, and none of them raises."""
    scrubber = Scrubber([key])
    for one in (data, base64.b64encode(data), data.hex().encode()):
        assert scrubber.bytes(one) == one


@given(ids, texts, texts)
def test_the_same_secret_is_always_replaced_by_the_same(one, before, after):
    """Wherever a learnt id stands, the same replacement stands there afterwards."""
    body = json.dumps([f"{before} {one} {after}", one], ensure_ascii=False).encode()
    first, second = json.loads(Scrubber().bytes(body))
    assert second == "testAccessKeyId"
    assert first == f"{before} {second} {after}"


HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
names = st.text("ab-_ +%日志~", min_size=3, max_size=8)
queries = st.dictionaries(names, texts, max_size=3)


def pylog_v1(key, path, query, headers):
    AuthV1(provider(key)).sign_request("GET", path, query, headers, b"")
    return headers


def pylog_v4(key, path, query, headers):
    AuthV4(provider(key), "cn-hangzhou").sign_request("GET", path, query, headers, b"")
    return headers


def tea_v1(key, path, query, headers):
    more = {"x-log-signaturemethod": "hmac-sha256", "date": http_date(AT), "content-md5": ""}
    more |= {"x-acs-security-token": key.security_token} if key.security_token else {}
    headers = {name.lower(): value for name, value in headers.items()} | more
    value = TeaSigner().get_authorization(path, "GET", query, headers, key.access_key_id, key.access_key_secret)
    return headers | {"authorization": value}


def provider(key):
    return StaticCredentialsProvider(key.access_key_id, key.access_key_secret, key.security_token)


@given(
    keys, st.sampled_from([pylog_v1, pylog_v4, tea_v1]), names, queries, st.sampled_from(["my-project", "public-one"])
)
def test_requests_of_the_official_sdks(key, sdk, name, query, project):
    """What the official SDKs sign verifies with the public key after the scrub, renamed or not."""
    query |= {"echo": key.access_key_id}
    path = f"/logstores/{name}/consumergroups/g"
    headers = {"Host": HOST, "x-log-apiversion": "0.6.0", "x-log-bodyrawsize": "0"}
    headers = sdk(key, path, query, headers)
    pairs = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query.items())
    request = Request("GET", f"http://{HOST}{quote(path, safe='/~')}?{pairs}", headers)
    scrubber = Scrubber([key], renames={"my-project": project})
    done = scrubber.exchange(Exchange(request, None))
    assert done.signature == "verified"
    assert verify_signature(done.exchange.request, PUBLIC) is None
    assert done.exchange.request.project == project
    assert key.access_key_id not in str(done.exchange.request.headers.pairs) + done.exchange.request.url
    assert scrubber.exchange(done.exchange).exchange == done.exchange
