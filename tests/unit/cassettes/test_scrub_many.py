"""A long run, in which each exchange brings new secrets: none is forgotten, and none costs more than the first."""

import base64
import sys
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.scrub.index import SecretIndex
from sls_contract.cassettes.scrub.names import Kind
from sls_contract.cassettes.scrub.registry import MAX_OTHERS
from sls_contract.cassettes.scrub.spellings import Secret
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import Credentials, sign

AT = datetime(2026, 11, 23, tzinfo=UTC)
URL = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard={}"
SPELLINGS = {
    "raw": lambda text: text,
    "lower case": str.lower,
    "percent": lambda text: quote(text, safe=""),
    "each byte percent": lambda text: "".join(f"%{code:02x}" for code in text.encode()),
    "base64": lambda text: base64.b64encode(f"<{text}>".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
}


def key_of(number):
    """Return a temporary key, whose id is not shaped like one of Alibaba Cloud's."""
    return Credentials(
        f"gateway-key-{number:04}", f"secret-of-{number:04}-{number:016}", f"ticket.{number:04}.{'z' * 30}"
    )


def asked(key, number=0):
    """Return a signed request; each number has its own signature."""
    return sign(Request("GET", URL.format(number)), key, at=AT + timedelta(seconds=number))


def exchanged(scrubber, request, body=b"[]", headers=()):
    """Return what may be written of an exchange, as one text, but for the Authorization."""
    done = scrubber.exchange(Exchange(request, Response(200, headers, body))).exchange
    headers = [
        pair for pair in (*done.request.headers.pairs, *done.response.headers.pairs) if pair[0] != "Authorization"
    ]
    return f"{done.request.url} {headers} {done.response.body.decode()}"


@pytest.fixture(scope="module")
def scrubber():
    """Return a scrubber that has met 60 keys, a request of each, and 3 cookies in each response; none was given."""
    scrubber = Scrubber()
    for number in range(60):
        cookies = [("Set-Cookie", f"sid={number:04}-{each}-{'q' * 20}") for each in range(3)]
        exchanged(scrubber, asked(key_of(number), number), headers=cookies)
    return scrubber


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_ids_and_tokens_are_never_forgotten(scrubber, spelling):
    """The first key, one between, and the last are taken out of a response to somebody else, in each spelling."""
    other = Request("GET", URL.format(0))
    for number in (0, 30, 59):
        key = key_of(number)
        for secret in (key.access_key_id, key.security_token):
            echo = SPELLINGS[spelling](secret)
            shown = exchanged(scrubber, other, f'{{"errorMessage":"no such key: {echo} ."}}'.encode())
            assert echo not in shown, spelling
            assert "no such key: " in shown


@pytest.mark.parametrize("spelling", ["raw", "percent", "base64"])
def test_signatures_of_earlier_requests_are_never_forgotten(scrubber, spelling):
    """A late error report may quote any of them; a copy becomes what is stored of that request."""
    for number in (0, 30, 59):
        request = asked(key_of(number), number)
        signature = request.headers["authorization"].rpartition(":")[2]
        stored = scrubber.exchange(Exchange(request, None)).exchange.request.headers["authorization"].rpartition(":")[2]
        assert stored != signature
        echo = SPELLINGS[spelling](signature)
        shown = exchanged(scrubber, Request("GET", URL.format(0)), f"late: {echo} .".encode())
        assert echo not in shown, spelling
        assert SPELLINGS[spelling](stored) in shown


def test_pieces_of_early_secrets_are_known(scrubber):
    """What a shortened message leaves of the first token is masked as that of the last."""
    for number in (0, 59):
        token = key_of(number).security_token
        assert scrubber.text(f"'{token[:11]}...{token[-9:]}'") == "'***...***'"


def test_an_error_body_that_echoes_id_and_token_after_many_cookies():
    """The key of a run without credentials stands in none of its exchanges, however many cookies came between."""
    scrubber, key = Scrubber(), key_of(7)
    body = f'{{"errorMessage":"{key.access_key_id} with {key.security_token}"}}'.encode()
    for number in range(140):
        headers = {"Set-Cookie": f"sid=c00kie-number-{number}"}
        shown = exchanged(scrubber, asked(key, number), body if number % 10 == 9 else b"[]", headers)
        assert key.access_key_id not in shown
        assert key.security_token not in shown


@pytest.mark.slow
def test_the_oldest_of_too_many_cookies_is_learnt_again():
    """Cookies are bounded; one that is met again is searched for again. Ids are not bounded."""
    scrubber = Scrubber()
    exchanged(scrubber, asked(key_of(7)))
    for number in range(MAX_OTHERS + 1):
        scrubber._registry.replacement(Kind.OTHER, f"c00kie-number-{number}")
    assert scrubber.text("c00kie-number-0 c00kie-number-1") == "c00kie-number-0 ***"
    exchanged(scrubber, Request("GET", URL.format(0)), headers={"Set-Cookie": "sid=c00kie-number-0"})
    assert scrubber.text("c00kie-number-0 c00kie-number-1") == "*** c00kie-number-1"
    assert key_of(7).access_key_id not in scrubber.text(key_of(7).access_key_id)


def test_many_secrets_are_found_at_the_places_of_each():
    """In any spelling and at any place, also side by side, overlapping or cut: as if each was searched for alone."""
    values = [f"a-Secret+{number}/{'q' * number}" for number in range(20)] + [
        f"{word}words" for word in ("many", "such")
    ]
    secrets = [Secret.of(value.encode(), b"***", Kind.OTHER) for value in values]  # words are found as a whole only
    index = SecretIndex()
    for secret in secrets:
        index.add(secret)
    spelled = [text for secret in secrets for text in (secret.value, secret.value.hex(",").encode(), secret.needles[1])]
    texts = [b"x".join(spelled), b"".join(spelled), *(b"y" * shift + text for text in spelled for shift in range(8))]
    for text in (*texts, *(text[1:-1] for text in texts)):
        lowered = text.lower()
        found = sorted((*place, secret.value) for *place, secret in index.places(lowered))
        assert found == sorted((*place, each.value) for each in secrets for place in each.places(lowered))
        assert {each.value for each in index.within(text, lowered)} == {
            each.value for each in secrets if each.occurs_in(text, lowered)
        }


def test_secrets_that_look_alike_cost_no_more_than_others():
    """Ids counted up share most of their letters: a text costs the same, however many of them are known."""

    def calls(known):
        index = SecretIndex()
        ids = [f"LTAI5t{number:018}".encode() for number in range(known)]
        for each in ids:
            index.add(Secret.of(each, b"***", Kind.ACCESS_KEY_ID))
        count, text = 0, b"&".join(ids[:50]).lower()

        def counted(*_):
            nonlocal count
            count += 1

        sys.setprofile(counted)
        try:
            found = list(index.places(text))
        finally:
            sys.setprofile(None)
        assert sorted(start for start, *_ in found) == [25 * number for number in range(50)]
        return count

    assert calls(2000) < 2 * calls(50)


def test_secrets_of_the_same_letters_are_told_apart_and_forgotten_one_by_one():
    """Values that differ in their casing have one spelling in common: each is found there until it is discarded."""
    index = SecretIndex()
    values = [f"aSecret{number:09}".encode() for number in range(20)]
    for value in (*values, values[0].upper()):
        index.add(Secret.of(value, b"***", Kind.OTHER))

    def found() -> set[bytes]:
        return {secret.value for *_, secret in index.places(values[0].lower())}

    assert found() == {values[0], values[0].upper()}
    index.discard(values[0])
    assert found() == {values[0].upper()}
    index.discard(values[0].upper())
    assert found() == set()
    index.add(Secret.of(values[0], b"***", Kind.OTHER))
    assert found() == {values[0]}


@pytest.mark.slow
def test_a_body_with_more_secrets_than_are_kept():
    """A dump of tokens: the first one is still known at its end, and the time grows as the body does."""

    def seconds(count):
        tokens = [f"{number * 7919:08}Token{number:07}" for number in range(count)]
        body = "\n".join([*(f"Authorization: Bearer {token}" for token in tokens), f"again {tokens[0]} {tokens[-1]}"])
        began = time.process_time()
        assert "Token" not in Scrubber().text(body)
        return time.process_time() - began

    assert seconds(MAX_OTHERS + 100) < 3 * seconds(MAX_OTHERS // 2)


@pytest.mark.slow
def test_two_thousand_secrets_cost_no_more_than_fifty():
    """The time of one exchange does not grow with what was learnt; a generous bound, as machines are busy."""

    def seconds(learnt):
        scrubber = Scrubber()
        for number in range(learnt):
            scrubber._registry.replacement(Kind.SECURITY_TOKEN, f"t0ken-{number:040}")
        request, response = asked(key_of(1)), Response(200, {}, b'[{"shard":0,"checkpoint":"MTAw"}]' * 20)
        began = time.process_time()
        for _ in range(50):
            scrubber.exchange(Exchange(request, response))
        return time.process_time() - began

    assert seconds(2000) < 5 * seconds(50)
