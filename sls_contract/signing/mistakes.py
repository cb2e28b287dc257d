"""The common mistakes of clients, each of which changes the form that is signed.

A mistake yields the forms that a client with this mistake would sign. If one of them gives the client's digest, the
mistake is found. The tables are in the order of the steps; `sls_contract.signing.diagnosis` tries one, then two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, quote_plus

from sls_contract.exchange import Request, decode_path, wire_bytes
from sls_contract.signing.canonical import ENCODINGS, SECRET_FORMS, Form, LogForm, Pairs, replace
from sls_contract.signing.dialect import percent_encode, query_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.signing.mismatch import Step

F = TypeVar("F", bound=Form)

_MOST_HEADERS = 32  # no client sends more; limits the search for hostile requests
_OTHER_ENTRIES = ("host", "content-type", "x-log-date", "authorization")
_ENDINGS = ("\n", "\r\n", "\r", " ", "\t")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One known mistake.

    Attributes:
        name: in words with hyphens; reports and tests use it.
        step: the step that it makes wrong.
        forms: a function that returns the forms a client with the mistake signs, from the right form and the request.
        explanation: what the client did, one sentence.
        how_to_fix: the fix, one sentence.

    """

    name: str
    step: Step
    forms: Callable[..., Iterable[Form]]
    explanation: str = ""
    how_to_fix: str = ""

    def explained(self, explanation: str, how_to_fix: str) -> Mistake:
        """Return a copy with explanation and fix."""
        return Mistake(self.name, self.step, self.forms, explanation, how_to_fix)


def without_each_header(form: F, _request: Request) -> Iterator[F]:
    """Yield the form without one header, for each header in turn; headers with an entry of their own are skipped."""
    for name in dict.fromkeys(name for name, _ in form.headers[:_MOST_HEADERS] if name not in _OTHER_ENTRIES):
        yield replace(form, headers=tuple(pair for pair in form.headers if pair[0] != name))


def with_unsigned_header(form: F, request: Request) -> Iterator[F]:
    """Yield the form with one sent header that is not signed, for each in turn; then with all of them."""
    signed = {name for name, _ in form.headers}
    lowered = ((name.lower(), value.strip()) for name, value in request.headers.pairs)
    excluded = {*signed, "authorization", *(("x-log-date",) if isinstance(form, LogForm) else ())}
    others = [pair for pair in lowered if pair[0] not in excluded][:_MOST_HEADERS]
    for extra in [*([pair] for pair in others), others]:
        yield replace(form, headers=tuple(sorted((*form.headers, *extra))))


def names_as_sent(form: F, request: Request) -> Iterator[F]:
    """Yield the form with header names spelled as sent, in the order of the lower-case names, and sorted as spelled."""
    spelled = {name.lower(): name for name, _ in request.headers.pairs}
    pairs: Pairs = tuple((spelled.get(name, name), value) for name, value in form.headers)
    yield replace(form, headers=pairs)
    yield replace(form, headers=tuple(sorted(pairs)))


def headers_as_sent(form: F, request: Request) -> Iterator[F]:
    """Yield the form with its headers in the order in which they were sent, and reversed."""
    order = [name.lower() for name, _ in request.headers.pairs]
    pairs = sorted(form.headers, key=lambda pair: order.index(pair[0]) if pair[0] in order else -1)
    yield replace(form, headers=tuple(pairs))
    yield replace(form, headers=form.headers[::-1])


def query_as_sent(form: F, request: Request) -> Iterator[F]:
    """Yield the form with the query exactly as in the URL."""
    yield replace(form, query=request.query)


def query_plain(form: F, request: Request) -> Iterator[F]:
    """Yield the form with the query's values decoded and sorted, with and without the ``=`` of empty values."""
    parts = sorted(query_parts(request.query))
    if not isinstance(form, LogForm) and _query(parts, str, empty="") == form.query:
        return  # nothing to encode
    yield from _with_query(form, parts, str)


def query_encoded(form: F, request: Request) -> Iterator[F]:
    """Yield the form with values, then also keys, percent-encoded as various libraries do it."""
    parts = sorted(query_parts(request.query))
    if isinstance(form, LogForm) and all(percent_encode(key + value) == key + value for key, value, _ in parts):
        return  # nothing to encode
    quotes = (percent_encode, lambda text: quote_plus(wire_bytes(text)), lambda text: quote(wire_bytes(text)), _lower)
    for encode in quotes:
        yield from _with_query(form, parts, encode)
        yield from _with_query(form, [(encode(key), value, equals) for key, value, equals in parts], encode)


def query_twice_encoded(form: F, request: Request) -> Iterator[F]:
    """Yield the form with the values encoded once too often."""
    parts = sorted(query_parts(request.query))
    if all(percent_encode(value) == value for _, value, _ in parts):
        return  # nothing to encode
    yield from _with_query(form, parts, lambda value: percent_encode(percent_encode(value)))


def query_unsorted(form: F, request: Request) -> Iterator[F]:
    """Yield the form with the query in the order of the URL, then sorted as ``key=value`` texts, then reversed."""
    encode, empty = (str, "=") if isinstance(form, LogForm) else (percent_encode, "")
    yield replace(form, query=_query(query_parts(request.query), encode, empty=empty))
    pieces = form.query.split("&")
    yield replace(form, query="&".join(sorted(pieces)))
    yield replace(form, query="&".join(pieces[::-1]))


def literal_plus(form: F, request: Request) -> Iterator[F]:
    """Yield the form of a client that put an unencoded ``+`` into the URL and signed it as ``+``."""
    if "+" not in request.query:
        return
    parts = sorted(query_parts(request.query.replace("+", "%2B")))
    yield replace(form, query=_query(parts, str))
    yield replace(form, query=_query(parts, percent_encode, empty=""))


def other_path(form: F, request: Request) -> Iterator[F]:
    """Yield the form with the path encoded twice or throughout, with a slash more or less, or after its host."""
    plain = decode_path(request.path)
    paths = (
        percent_encode(plain),
        quote(wire_bytes(request.path), safe="/"),
        quote(wire_bytes(plain), safe="/~"),
        form.path.rstrip("/"),
        form.path + "/",
        form.path.lstrip("/"),
        f"/{request.project}{form.path}",
        f"{request.host}{form.path}",
        request.url.partition("?")[0],
    )
    for path in paths:
        yield replace(form, path=path)


def other_digest_spec(part: str, others: Iterable[Any]) -> Callable[[F, Request], Iterator[F]]:
    """Return a function that yields the form with each other value of one field of its `DigestSpec`."""
    return lambda form, _: (replace(form, digest_spec=replace(form.digest_spec, **{part: other})) for other in others)


def _with_query(form: F, parts: list[tuple[str, str, str]], encode: Callable[[str], str]) -> Iterator[F]:
    """Yield the form with a query, with and without the ``=`` of empty values."""
    for empty in ("=", ""):
        yield replace(form, query=_query(parts, encode, empty=empty))


def _query(parts: list[tuple[str, str, str]], encode: Callable[[str], str], *, empty: str = "=") -> str:
    return "&".join(f"{key}={encode(value)}" if value else key + empty for key, value, _ in parts)


def _lower(text: str) -> str:
    """Percent-encode a value with lower-case hexadecimal digits."""
    encoded = percent_encode(text).split("%")
    return "%".join([encoded[0], *(part[:2].lower() + part[2:] for part in encoded[1:])])


SHARED_HEADERS = (
    Mistake("header-left-out", "header-list", without_each_header).explained(
        "A header that belongs in the list was not signed.",
        "Sign every x-log- and x-acs- header that is sent (in v4 also host and content-type), after the last is set.",
    ),
    Mistake("no-header-signed", "header-list", lambda form, _: [replace(form, headers=())]).explained(
        "The x-log- and x-acs- headers were not signed at all.",
        "Put each x-log- and x-acs- header as name:value on its own line, sorted by name.",
    ),
    Mistake("unsigned-header-signed", "header-list", with_unsigned_header).explained(
        "A header was signed that does not belong in the list.",
        "Sign only x-log- and x-acs- headers (in v4 also host and content-type; in v1 not x-log-date).",
    ),
    Mistake("header-names-as-sent", "header-list", names_as_sent).explained(
        "The header names were signed as spelled in the request.",
        "Turn header names into lower case before sorting and signing them.",
    ),
    Mistake("headers-unsorted", "header-list", headers_as_sent).explained(
        "The headers were not sorted by name.", "Sort the headers by their lower-case names."
    ),
    Mistake(
        "space-after-colon",
        "header-list",
        lambda form, _: [replace(form, headers=tuple((name, f" {value}") for name, value in form.headers))],
    ).explained(
        "A space was signed after the colon of each header.",
        "Write each header as name:value, with no space round the colon.",
    ),
)

SHARED_RESOURCE = (
    Mistake("query-left-out", "resource", lambda form, _: [replace(form, query="")]).explained(
        "The query was not signed.", "Sign the query with the path."
    ),
    Mistake(
        "question-mark-signed", "resource", lambda form, _: [] if form.query else [replace(form, path=form.path + "?")]
    ).explained("A question mark without a query was signed.", "Sign the path alone if there is no query."),
    Mistake("query-unsorted", "resource", query_unsorted).explained(
        "The query was not sorted by key.", "Sort the query by its decoded keys."
    ),
    Mistake("literal-plus", "resource", literal_plus).explained(
        "The URL contains an unencoded +, which was signed as +; a server reads it as a space.",
        "Write + as %2B in the URL, and a space as %20 or +.",
    ),
)

PATH_CHANGED = Mistake("path-changed", "resource", other_path).explained(
    "The signed path is not the one that was sent.",
    "Sign the path as sent or percent-decoded, without host and project, and with the same slashes.",
)

SHARED_DIGEST = (
    Mistake("method-in-lower-case", "digest", lambda form, _: [replace(form, method=form.method.swapcase())]).explained(
        "The signed method differs from the sent one in upper and lower case.", "Sign the method in capitals, as sent."
    ),
    Mistake("wrong-algorithm", "digest", other_digest_spec("algorithm", ("sha1", "sha256", "md5", "sha512"))).explained(
        "The digest was not made with the announced hash.",
        "Use the hash that the request announces: hmac-sha1 or hmac-sha256 in v1, hmac-sha256 in v4.",
    ),
    Mistake("wrong-encoding", "digest", other_digest_spec("encoding", ENCODINGS)).explained(
        "The digest is written in another encoding.",
        "Write it as standard base64 with padding in v1, as lower-case hex in v4.",
    ),
    Mistake("secret-with-line-ending", "digest", other_digest_spec("secret_ending", _ENDINGS)).explained(
        "The secret carries a line ending or space, as when it was read from a file.",
        "Strip the secret before using it.",
    ),
    Mistake("secret-surrounded", "digest", other_digest_spec("secret_form", SECRET_FORMS)).explained(
        "The secret has white space, quotes or a byte order mark around it: the given one, or the client's.",
        "Strip the secret where it is read, on both sides; an environment variable needs no quotes inside its value.",
    ),
    Mistake("secret-with-ampersand", "digest", other_digest_spec("secret_ending", "&")).explained(
        "The secret was used with & appended, as the RPC interfaces of other Alibaba Cloud services require.",
        "Sign with the secret alone.",
    ),
    Mistake(
        "line-ending-signed", "digest", lambda form, _: [replace(form, ending=ending) for ending in _ENDINGS[:2]]
    ).explained(
        "A line ending was signed after the last line.",
        "Join the lines with a newline between them and none at the end.",
    ),
)
