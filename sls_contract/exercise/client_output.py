"""The last line of a client's standard output, read as the protocol defines it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

from sls_contract.exchange import wire_text

_MOST_DIGITS = 25  # of a number; the largest 64-bit integer has 19


class NotJson:
    """The type of `NOT_JSON`, the value of a line that is not JSON."""

    def __repr__(self) -> str:
        """Return the name of the constant."""
        return "NOT_JSON"


NOT_JSON: Final = NotJson()


def last_line(output: bytes) -> str:
    """Return the last line that is not blank; empty if there is none."""
    return next((line for line in reversed(wire_text(output).splitlines()) if line.strip()), "").strip()


def read_line(line: str) -> Any:
    """Return the JSON value of a line, with fractions as exact `Decimal` numbers; `NOT_JSON` if it is not JSON."""
    try:
        return json.loads(line, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, ArithmeticError):  # ArithmeticError: Decimal refuses a huge exponent
        return NOT_JSON


def integer(value: object) -> int | None:
    """Return the exact integer value of a JSON number or a string of digits; None for any other value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return int(value) if value.adjusted() < _MOST_DIGITS and value == value.to_integral_value() else None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    return None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
