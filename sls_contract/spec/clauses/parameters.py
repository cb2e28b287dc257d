"""``SLS12x`` to ``SLS14x``: what the contract of any operation says of its requests."""

from __future__ import annotations

from sls_contract.spec.finding import unspecified, violation

_SOURCES = ("the contract of the operation (sls-contract spec show), with its sources",)

CLAUSES = (
    violation("SLS120", "request-path-value", "A name in the path is of its documented type").says(
        "Each name in the path is written as the contract of the operation says: an integer in decimal "
        "digits, a text that matches its pattern. Percent-encoding is decoded first.",
        *_SOURCES,
    ),
    violation("SLS121", "request-query-missing", "Every required query key is sent").says(
        "The query has every key that the contract of the operation requires. Check the spelling of the key, "
        "and whether the client drops empty values.",
        *_SOURCES,
    ),
    violation("SLS122", "request-query-type", "A query value spells its documented type").says(
        "An integer is written in decimal digits, with a minus sign where it is negative; a boolean is true "
        "or false, in any casing; a number is decimal. An empty value is none of these.",
        *_SOURCES,
    ),
    violation("SLS123", "request-query-value", "A query value is one of those documented").says(
        "The value is one that the contract lists, lies between its lowest and highest value, and fits its form.",
        *_SOURCES,
    ),
    unspecified("SLS124", "request-query-repeated", "A query key is sent once").says(
        "No page says which value counts where a key comes twice.", *_SOURCES
    ),
    violation("SLS125", "request-query-name", "A query key is spelled as documented").says(
        "A key is a misspelling if the contract does not name it and it is similar to a missing key of the "
        "contract (siz for size, startTime for start_time). The service does not see the value. The same "
        "holds for a name that a page prints and that is wrong on the wire.",
        *_SOURCES,
    ),
    unspecified("SLS126", "request-query-unknown", "The query has no key that the contract does not name").says(
        "No page says whether the service ignores or refuses a query key that it does not know.", *_SOURCES
    ),
    violation("SLS127", "request-header-missing", "Every required header of the operation is sent").says(
        "Beside the headers that all operations share, the request has those that the contract of the "
        "operation requires.",
        *_SOURCES,
    ),
    violation("SLS128", "request-header-value", "A header of the operation has a documented value").says(
        "A header of the operation's own spells its type, and its value is one that the contract allows.", *_SOURCES
    ),
    violation("SLS130", "request-body-missing", "A required body is sent").says(
        "The contract of the operation requires a body, and the body is empty.", *_SOURCES
    ),
    unspecified("SLS131", "request-body-unexpected", "A request that takes no body has none").says(
        "The operation uses only path, query and headers. No page says what the service does with a body.", *_SOURCES
    ),
    violation("SLS132", "request-body-json", "The request's body is one JSON text").says(
        "A body that must be JSON is exactly one JSON text in UTF-8 without a byte order mark, in which no "
        "object has a key twice.",
        *_SOURCES,
    ),
    violation("SLS133", "request-body-shape", "The request's body is of its documented shape").says(
        "The body is an array, or an object, as the contract says, with nothing wrapped around it.", *_SOURCES
    ),
    violation("SLS134", "request-member-missing", "Every required member of the request's body is there").says(
        "Each object of the body has the members that the contract requires.", *_SOURCES
    ),
    violation("SLS135", "request-member-type", "A member of the request's body is of its documented type").says(
        "Each member is of the JSON type that the contract names, an integer written with digits alone; null only "
        "where the contract allows it.",
        *_SOURCES,
    ),
    violation("SLS136", "request-member-value", "A member of the request's body has a documented value").says(
        "Each member is one of the values that the contract lists, lies between its lowest and highest value, "
        "and fits its form.",
        *_SOURCES,
    ),
    unspecified(
        "SLS137", "request-member-unknown", "The request's body has no member that the contract does not name"
    ).says("No page says whether the service ignores or refuses a member that it does not know.", *_SOURCES),
    violation("SLS138", "request-member-name", "A member of the request's body is spelled as documented").says(
        "A member is a misspelling if the contract does not name it and it is similar to a missing member of "
        "the contract. The same holds for a name that a page prints and that is wrong on the wire.",
        *_SOURCES,
    ),
    violation("SLS139", "request-time-unit", "A time in a request is in its documented unit").says(
        "A time counts the seconds, milliseconds, microseconds or nanoseconds since 1970 UTC, as the contract "
        "says. A value that makes sense in another unit only is named with it.",
        *_SOURCES,
    ),
    violation("SLS140", "request-element-unique", "No two elements of a list in a request are the same").says(
        "The contract names a member; no two elements of the list have the same value of it.", *_SOURCES
    ),
)
