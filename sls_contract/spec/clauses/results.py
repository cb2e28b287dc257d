"""``SLS27x`` to ``SLS29x``: what the contract of any operation says of its answers."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

_SOURCES = ("the contract of the operation (sls-contract spec show), with its sources",)

CLAUSES = (
    Clause(
        code="SLS270",
        slug="answer-status",
        level=Level.VIOLATION,
        title="An answer is a documented success, or an error of 4xx or 5xx",
        text=(
            "A success has the status that the contract of the operation names. Redirects and other statuses are "
            "not documented."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS271",
        slug="answer-json",
        level=Level.VIOLATION,
        title="The body of a success is one JSON text",
        text=(
            "A body that must be JSON is exactly one JSON text as RFC 8259 has it: not empty, not HTML, nothing "
            "behind its end, no NaN or Infinity."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS272",
        slug="answer-shape",
        level=Level.VIOLATION,
        title="The body of a success is of its documented shape",
        text=(
            "The body is an array, or an object, as the contract says, with nothing wrapped around it. An error "
            "body under a status of success is none."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS273",
        slug="answer-member-missing",
        level=Level.VIOLATION,
        title="Every member that is always there is there",
        text=(
            "Each object of the body has the members that the contract requires. What a page only lists is "
            "required by none."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS274",
        slug="answer-member-type",
        level=Level.VIOLATION,
        title="A member of an answer is of its documented type",
        text=(
            "Each member that is there is of the JSON type that the contract names; null only where the contract "
            "allows it."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS275",
        slug="answer-member-value",
        level=Level.VIOLATION,
        title="A member of an answer has a documented value",
        text=(
            "Each member is one of the values that the contract lists, lies between its lowest and highest value, "
            "and fits its form."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS276",
        slug="answer-member-unknown",
        level=Level.WARNING,
        title="An answer has no member that the contract does not name",
        text=(
            "Additions are legitimate, and clients ignore them. They are reported because a new name may be a "
            "renamed one."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS277",
        slug="answer-integer",
        level=Level.VIOLATION,
        title="Integers in an answer are written as integers",
        text=("An integer is written with digits only: not 1.0, 1e2 or -0. Typed parsers refuse those or round them."),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS278",
        slug="answer-time-unit",
        level=Level.VIOLATION,
        title="A time in an answer is in its documented unit",
        text=(
            "A time counts the seconds, milliseconds, microseconds or nanoseconds since 1970 UTC, as the contract "
            "says; 0 is no time. A value that makes sense in another unit only is named with it."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS279",
        slug="answer-element-unique",
        level=Level.VIOLATION,
        title="No two elements of a list in an answer are the same",
        text="The contract names a member; no two elements of the list have the same value of it.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS280",
        slug="answer-filter",
        level=Level.VIOLATION,
        title="An answer holds only what was asked for",
        text="Where the request filters the list, each element has the value that was asked for.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS290",
        slug="answer-header-missing",
        level=Level.VIOLATION,
        title="Every header that is always there is there",
        text=(
            "Beside the headers that all operations share, a success has those that the contract of the operation "
            "requires."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS291",
        slug="answer-header-value",
        level=Level.VIOLATION,
        title="A header of an answer has a documented value",
        text="A header of the operation's own spells its type, and its value is one that the contract allows.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS292",
        slug="answer-error-unknown",
        level=Level.VIOLATION,
        title="The error code is one that a source names",
        text=(
            "The errorCode stands in the table of the operation, in a common table, or in that of another operation."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS293",
        slug="answer-error-operation",
        level=Level.VIOLATION,
        title="The error code is one of this operation",
        text=(
            "An operation answers the codes of its own table and the common ones. The answer to a malformed "
            "request is not documented."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS294",
        slug="answer-error-status",
        level=Level.VIOLATION,
        title="The error code comes with its status",
        text="Each code comes with the status that the operation's table, or a common one, prints beside it.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS295",
        slug="answer-error-message",
        level=Level.WARNING,
        title="The message of an error is worded as documented",
        text=(
            "The wording differs from those that pages print and that were observed. Spelling, casing and a final "
            "full stop are free. Use errorCode in programs."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS296",
        slug="answer-error-member",
        level=Level.WARNING,
        title="An error body has no member that no page names",
        text=(
            "Additions are legitimate, and clients ignore them. They are reported because a new name may be a "
            "renamed one."
        ),
        sources=_SOURCES,
    ),
    Clause(
        code="SLS297",
        slug="answer-body-unexpected",
        level=Level.WARNING,
        title="A success without a body has none",
        text="The contract of the operation says that its success has no body. Clients do not read one.",
        sources=_SOURCES,
    ),
    Clause(
        code="SLS298",
        slug="answer-form",
        level=Level.WARNING,
        title="A cursor in an answer holds a position",
        text="A cursor or checkpoint is canonical base64 of a decimal number.",
        sources=_SOURCES,
    ),
)
