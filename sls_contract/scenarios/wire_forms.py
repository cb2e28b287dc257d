"""The ways in which real clients write headers and bodies; each is correct and must be accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sls_contract.signing import LOG_SCHEMES, SCHEMES

if TYPE_CHECKING:
    from sls_contract.signing.dialect import Scheme

Casing = Literal["as-written", "lower", "title", "upper"]


@dataclass(frozen=True, slots=True)
class WireForm:
    """How one client writes its requests.

    Attributes:
        name: unique.
        schemes: the signature schemes of this client.
        headers: headers that are sent, and signed where the scheme signs them.
        casing: the spelling of all header names.
        omits: headers that other clients send and this one does not.
        unsigned: headers added after signing.
        repeats_date: whether ``x-log-date`` with the value of ``Date`` is added after signing.
        date_off: seconds between Date and a correct, signed ``x-log-date``; 0 for no ``x-log-date``.
        bare_question_mark: whether the target of a GET without query ends in ``?``.
        python_encoding: whether JSON has a space after each comma and colon and escapes all but ASCII, and a query
            has ``+`` for a space.
        sorted_query: whether the query is sorted by key, as Go does.

    """

    name: str
    schemes: tuple[Scheme, ...]
    headers: tuple[tuple[str, str], ...] = ()
    casing: Casing = "as-written"
    omits: tuple[str, ...] = ()
    unsigned: tuple[tuple[str, str], ...] = ()
    repeats_date: bool = False
    date_off: int = 0
    bare_question_mark: bool = False
    python_encoding: bool = False
    sorted_query: bool = False

    def of_method(self, method: str) -> WireForm:
        """Return the form for a method; some details are known only of captured reads, so other methods omit them."""
        if method == "GET":
            return self
        return replace(self, omits=(), unsigned=(), bare_question_mark=False)


_PYTHON = (
    ("User-Agent", "log-python-sdk-v-0.9.52"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept", "*/*"),
    ("Connection", "keep-alive"),
)
_TEA = (("accept", "application/json"), ("content-type", "application/json"), ("Accept-Encoding", "identity"))

WIRE_FORMS = {
    form.name: form
    for form in (
        WireForm("plain", SCHEMES, (("User-Agent", "sls-contract"), ("Accept-Encoding", "identity"))),
        WireForm("python-v1", ("v1",), (*_PYTHON, ("Content-Length", "0")), repeats_date=True, python_encoding=True),
        WireForm("python-v4", ("v4",), (*_PYTHON, ("Content-Length", "0")), python_encoding=True),
        WireForm("tea-v1", ("v1-sha256",), _TEA, "lower", unsigned=(("content-md5", ""),)),
        WireForm("tea-v4", ("v4",), _TEA, "lower"),
        WireForm(
            "node-v1",
            ("v1",),
            (("content-type", "application/json"), ("Connection", "keep-alive")),
            "lower",
            omits=("x-log-bodyrawsize",),
            bare_question_mark=True,
        ),
        WireForm(
            "go",
            ("v1", "v4"),
            (("User-Agent", "golang-sdk-v0.1.0"), ("Accept-Encoding", "gzip")),
            "title",
            sorted_query=True,
        ),
        WireForm("java-v1", ("v1",), (("Content-Type", "application/x-protobuf"), ("Content-Length", "0"))),
        WireForm("date-late", SCHEMES, date_off=-3600),
        WireForm("date-early", SCHEMES, date_off=3600),
        WireForm("bare", SCHEMES),
        WireForm("upper", SCHEMES, casing="upper"),
        WireForm("no-gzip", LOG_SCHEMES, (("Accept-Encoding", "gzip;q=0,deflate;q=0,identity"),)),
    )
}
"""The forms by name. Four are of no real client: header names are case-insensitive (RFC 9110 section 5.1), a coding is
excluded by its weight 0 (section 12.5.3), and clients that cannot set Date, such as browsers, send the time in
``x-log-date`` (CommonRequestHeaders page)."""


def forms_for(scheme: Scheme) -> list[str]:
    """Return the names of the forms that support a scheme."""
    return [form.name for form in WIRE_FORMS.values() if scheme in form.schemes]
