"""``SLS27x`` to ``SLS29x``: what the contract of any operation says of its answers."""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

_SOURCES = ("the contract of the operation (sls-contract spec show), with its sources",)

CLAUSES = (
    violation("SLS270", "answer-status", "An answer is a documented success, or an error of 4xx or 5xx").says(
        "A success has the status that the contract of the operation names. Redirects and other statuses are "
        "not documented.",
        *_SOURCES,
    ),
    violation("SLS271", "answer-json", "The body of a success is one JSON text").says(
        "A body that must be JSON is exactly one JSON text as RFC 8259 has it: not empty, not HTML, nothing "
        "behind its end, no NaN or Infinity.",
        *_SOURCES,
    ),
    violation("SLS272", "answer-shape", "The body of a success is of its documented shape").says(
        "The body is an array, or an object, as the contract says, with nothing wrapped around it. An error "
        "body under a status of success is none.",
        *_SOURCES,
    ),
    violation("SLS273", "answer-member-missing", "Every member that is always there is there").says(
        "Each object of the body has the members that the contract requires. What a page only lists is "
        "required by none.",
        *_SOURCES,
    ),
    violation("SLS274", "answer-member-type", "A member of an answer is of its documented type").says(
        "Each member that is there is of the JSON type that the contract names; null only where the contract "
        "allows it.",
        *_SOURCES,
    ),
    violation("SLS275", "answer-member-value", "A member of an answer has a documented value").says(
        "Each member is one of the values that the contract lists, lies between its lowest and highest value, "
        "and fits its form.",
        *_SOURCES,
    ),
    warning("SLS276", "answer-member-unknown", "An answer has no member that the contract does not name").says(
        "Additions are legitimate, and clients ignore them. They are reported because a new name may be a renamed one.",
        *_SOURCES,
    ),
    violation("SLS277", "answer-integer", "Integers in an answer are written as integers").says(
        "An integer is written with digits only: not 1.0, 1e2 or -0. Typed parsers refuse those or round them.",
        *_SOURCES,
    ),
    violation("SLS278", "answer-time-unit", "A time in an answer is in its documented unit").says(
        "A time counts the seconds, milliseconds, microseconds or nanoseconds since 1970 UTC, as the contract "
        "says; 0 is no time. A value that makes sense in another unit only is named with it.",
        *_SOURCES,
    ),
    violation("SLS279", "answer-element-unique", "No two elements of a list in an answer are the same").says(
        "The contract names a member; no two elements of the list have the same value of it.", *_SOURCES
    ),
    violation("SLS280", "answer-filter", "An answer holds only what was asked for").says(
        "Where the request filters the list, each element has the value that was asked for.", *_SOURCES
    ),
    violation("SLS290", "answer-header-missing", "Every header that is always there is there").says(
        "Beside the headers that all operations share, a success has those that the contract of the operation "
        "requires.",
        *_SOURCES,
    ),
    violation("SLS291", "answer-header-value", "A header of an answer has a documented value").says(
        "A header of the operation's own spells its type, and its value is one that the contract allows.", *_SOURCES
    ),
    violation("SLS292", "answer-error-unknown", "The error code is one that a source names").says(
        "The errorCode stands in the table of the operation, in a common table, or in that of another operation.",
        *_SOURCES,
    ),
    violation("SLS293", "answer-error-operation", "The error code is one of this operation").says(
        "An operation returns only the codes of its own table and the common ones. The answer to a malformed "
        "request is not documented.",
        *_SOURCES,
    ),
    violation("SLS294", "answer-error-status", "The error code has its documented status").says(
        "Each code comes with the status that the operation's table, or a common one, prints beside it.", *_SOURCES
    ),
    warning("SLS295", "answer-error-message", "The message of an error is worded as documented").says(
        "The wording differs from those that pages print and that were observed. Spelling, casing and a final "
        "full stop are free. Use errorCode in programs.",
        *_SOURCES,
    ),
    warning("SLS296", "answer-error-member", "An error body has no member that no page names").says(
        "Additions are legitimate, and clients ignore them. They are reported because a new name may be a renamed one.",
        *_SOURCES,
    ),
    warning("SLS297", "answer-body-unexpected", "A success without a body has none").says(
        "The contract of the operation says that its success has no body. Clients do not read one.", *_SOURCES
    ),
    warning("SLS298", "answer-form", "A cursor in an answer holds a position").says(
        "A cursor or checkpoint is canonical base64 of a decimal number.", *_SOURCES
    ),
)
