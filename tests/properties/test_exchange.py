"""What holds for headers and wire text whatever comes."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Headers, Request
from sls_contract.exchange import decode_component, decode_path, split_url, wire_bytes, wire_text

NAMES = st.sampled_from(["Date", "date", "X-Log-Date", "x-log-date", "Accept", "名"])
WIRE = st.binary(max_size=30).map(wire_text)
PAIRS = st.lists(st.tuples(NAMES, WIRE), max_size=8)


@given(st.binary())
def test_wire_text_gives_every_byte_back(data):
    """Whatever bytes come, decoding and encoding give the same bytes."""
    assert wire_bytes(wire_text(data)) == data


@given(PAIRS)
def test_headers_keep_every_pair_in_order(pairs):
    """Order, casing and repetition survive; a copy is equal, hashes the same, and pickles."""
    headers = Headers(pairs)
    assert list(headers.pairs) == pairs
    assert Headers(headers) == headers == pickle.loads(pickle.dumps(headers))
    assert hash(Headers(pairs)) == hash(headers)


@given(PAIRS, NAMES)
def test_headers_are_a_mapping_that_ignores_casing(pairs, name):
    """A lookup gives the values of every spelling, joined; dict() has one entry a name, spelled as it came first."""
    headers = Headers(pairs)
    values = tuple(value for each, value in pairs if each.lower() == name.lower())
    assert headers.get_all(name.upper()) == values
    assert (name in headers) == bool(values)
    assert headers.get(name) == (", ".join(values) if values else None)
    plain = dict(headers)
    first: dict[str, str] = {}
    for each, _ in pairs:
        first.setdefault(each.lower(), each)
    assert list(plain) == list(first.values())
    assert len(headers) == len(plain)


@given(PAIRS, NAMES, WIRE)
def test_one_field_is_replaced_and_the_rest_untouched(pairs, name, value):
    """with_field leaves one field of that name where it first stood; without leaves none; others keep their place."""
    headers = Headers(pairs)
    others = [pair for pair in pairs if pair[0].lower() != name.lower()]
    replaced = headers.with_field(name, value)
    assert replaced.get_all(name) == (value,)
    assert [pair for pair in replaced.pairs if pair[0].lower() != name.lower()] == others
    assert list(headers.without(name.swapcase()).pairs) == others
    if name in headers:
        first = next(at for at, pair in enumerate(pairs) if pair[0].lower() == name.lower())
        assert replaced.pairs[first] == (pairs[first][0], value)
    else:
        assert replaced.pairs[-1] == (name, value)


@given(st.sampled_from(["http", "HTTPS"]), st.text("abc.-:[]@1", min_size=1), st.text("/?#a=&%4", max_size=20))
def test_a_url_is_split_without_loss(scheme, authority, rest):
    """Scheme, authority and target, put together again, are the URL up to its fragment."""
    url = f"{scheme}://{authority}/{rest}"
    assert split_url(url) == (scheme.lower(), authority, "/" + rest.partition("#")[0])
    assert Request("GET", url).target == "/" + rest.partition("#")[0]


@given(st.binary(max_size=20))
def test_percent_encoded_bytes_are_decoded_to_the_same_bytes(data):
    """Every byte can be percent-encoded, in a path as in a query."""
    encoded = "".join(f"%{byte:02X}" for byte in data)
    assert wire_bytes(decode_path(encoded)) == wire_bytes(decode_component(encoded)) == data
