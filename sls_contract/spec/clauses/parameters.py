"""``SLS12x`` to ``SLS14x``: what the contract of any operation says of its requests."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

_SOURCES = ("the contract of the operation (sls-contract spec show), with its sources",)

CLAUSES = (
    Clause(
        code="SLS120",
        slug="request-path-value",
        level=Level.VIOLATION,
        title="A name in the path is of its documented type",
        text=(
            "Each name in the path is written as the contract of the operation says: an integer in decimal "
            "digits, a text that matches its pattern. Percent-encoding is decoded first."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS121",
        slug="request-query-missing",
        level=Level.VIOLATION,
        title="Every required query key is sent",
        text=(
            "The query has every key that the contract of the operation requires. Check the spelling of the key, "
            "and whether the client drops empty values."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS122",
        slug="request-query-type",
        level=Level.VIOLATION,
        title="A query value spells its documented type",
        text=(
            "An integer is written in decimal digits, with a minus sign where it is negative; a boolean is true "
            "or false, in any casing; a number is decimal. An empty value is none of these."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS123",
        slug="request-query-value",
        level=Level.VIOLATION,
        title="A query value is one of those documented",
        text=(
            "The value is one that the contract lists, lies between its lowest and highest value, and fits its form."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS124",
        slug="request-query-repeated",
        level=Level.UNSPECIFIED,
        title="A query key is sent once",
        text="No page says which value counts where a key comes twice.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS125",
        slug="request-query-name",
        level=Level.VIOLATION,
        title="A query key is spelled as documented",
        text=(
            "A key is a misspelling if the contract does not name it and it is similar to a missing key of the "
            "contract (siz for size, startTime for start_time). The service does not see the value. The same "
            "holds for a name that a page prints and that is wrong on the wire."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS126",
        slug="request-query-unknown",
        level=Level.UNSPECIFIED,
        title="The query has no key that the contract does not name",
        text="No page says whether the service ignores or refuses a query key that it does not know.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS127",
        slug="request-header-missing",
        level=Level.VIOLATION,
        title="Every required header of the operation is sent",
        text=(
            "Beside the headers that all operations share, the request has those that the contract of the "
            "operation requires."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS128",
        slug="request-header-value",
        level=Level.VIOLATION,
        title="A header of the operation has a documented value",
        text="A header of the operation's own spells its type, and its value is one that the contract allows.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS130",
        slug="request-body-missing",
        level=Level.VIOLATION,
        title="A required body is sent",
        text="The contract of the operation requires a body, and the body is empty.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS131",
        slug="request-body-unexpected",
        level=Level.UNSPECIFIED,
        title="A request that takes no body has none",
        text="The operation uses only path, query and headers. No page says what the service does with a body.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS132",
        slug="request-body-json",
        level=Level.VIOLATION,
        title="The request's body is one JSON text",
        text=(
            "A body that must be JSON is exactly one JSON text in UTF-8 without a byte order mark, in which no "
            "object has a key twice."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS133",
        slug="request-body-shape",
        level=Level.VIOLATION,
        title="The request's body is of its documented shape",
        text="The body is an array, or an object, as the contract says, with nothing wrapped around it.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS134",
        slug="request-member-missing",
        level=Level.VIOLATION,
        title="Every required member of the request's body is there",
        text="Each object of the body has the members that the contract requires.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS135",
        slug="request-member-type",
        level=Level.VIOLATION,
        title="A member of the request's body is of its documented type",
        text=(
            "Each member is of the JSON type that the contract names, an integer written with digits alone; null only "
            "where the contract allows it."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS136",
        slug="request-member-value",
        level=Level.VIOLATION,
        title="A member of the request's body has a documented value",
        text=(
            "Each member is one of the values that the contract lists, lies between its lowest and highest value, "
            "and fits its form."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS137",
        slug="request-member-unknown",
        level=Level.UNSPECIFIED,
        title="The request's body has no member that the contract does not name",
        text="No page says whether the service ignores or refuses a member that it does not know.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS138",
        slug="request-member-name",
        level=Level.VIOLATION,
        title="A member of the request's body is spelled as documented",
        text=(
            "A member is a misspelling if the contract does not name it and it is similar to a missing member of "
            "the contract. The same holds for a name that a page prints and that is wrong on the wire."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS139",
        slug="request-time-unit",
        level=Level.VIOLATION,
        title="A time in a request is in its documented unit",
        text=(
            "A time counts the seconds, milliseconds, microseconds or nanoseconds since 1970 UTC, as the contract "
            "says. A value that makes sense in another unit only is named with it."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS140",
        slug="request-element-unique",
        level=Level.VIOLATION,
        title="No two elements of a list in a request are the same",
        text="The contract names a member; no two elements of the list have the same value of it.",
        sources=_SOURCES,
    ),
)
