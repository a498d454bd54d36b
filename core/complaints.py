"""What an operator reads about a setting that is missing or wrong: what is, and what is expected.

What was given is repeated, unless the setting is a secret, or it may hold one by mistake.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

from core.text import on_one_line

# The longest value that is repeated, in characters.
LONGEST = 60

# A token, a URL's password, or what is as long as the secret part of a token.
_LIKE_A_SECRET = re.compile(r"[0-9]{5,}:[\w-]{3,}|:\S*@|[\w-]{30,}")

# How pydantic calls what is wrong, beside the ValueErrors of `core.values`.
_WHYS = {
    "finite_number": "is not a finite number",
    "float_parsing": "is not a number",
    "greater_than_equal": "is less than 0",
    "greater_than": "is further below 0 than any id",
    "int_parsing": "is not a whole number",
    "int_parsing_size": "is too long a number",
    "less_than": "is not less than 0",
    "literal_error": "is none of these",
}


def missing(name: str, field: FieldInfo) -> str:
    """Say that a setting without a default is not set."""
    return f"{name} is missing. {_expected(name, field)}"


def wrong(
    name: str, field: FieldInfo, detail: Mapping[str, Any], given: str | None, source: str | None
) -> str:
    """Say why a value is refused; `detail` is pydantic's.

    `given` is None if the value is a secret. `source` is where it comes from, if not from a
    variable of that name.
    """
    kind = detail["type"]
    why = str(detail["ctx"]["error"]) if kind == "value_error" else _WHYS[kind]
    subject = f"{name} (from {source})" if source else name
    return f"{subject} is wrong: {_shown(given)} {why}. {_expected(name, field)}"


def _expected(name: str, field: FieldInfo) -> str:
    example = (field.examples or [""])[0]
    return f"Expected: {field.description} For example: {name}={example}"


def _shown(given: str | None) -> str:
    if given is None or _LIKE_A_SECRET.search(given):
        return "what it is set to"
    line = on_one_line(given)
    return f'"{line if len(line) <= LONGEST else line[:LONGEST] + "…"}"'
