"""Tokens in texts: `q2.0013` is user 2's 13th question, `a2.0007` the 7th answer to that user.

`n` marks what must never leave the staff chat. Only the simulation reads them; to the bot they are
text.
"""

import re
from collections.abc import Mapping
from typing import Any

TOKEN = re.compile(r"\b[qan]\d+\.\d{4}\b")

# How a board begins, or one that was left when another one came, or none.
_BOARD = re.compile(
    r"\d+ tickets? waits? for our answer|Nothing waits for our answer|All tickets are closed"
    r"|This board is out of date|The board is off"
)


def of(text: str) -> list[str]:
    """List the tokens in a text, in order."""
    return TOKEN.findall(text)


def words_of(view: Mapping[str, Any]) -> str:
    """Give what a message says: its text, its caption, or the words of a contact, venue or poll."""
    inside = (
        view.get("contact", {}).get("first_name"),
        view.get("venue", {}).get("title"),
        view.get("poll", {}).get("question"),
    )
    said = (view.get("text"), view.get("caption"), *inside)
    return str(next((words for words in said if words), ""))


def under_list(keyboard: Mapping[str, Any] | None) -> bool:
    """Whether these are buttons of a list of tickets, which repeats what cards have said."""
    return "tickets:" in str(keyboard)


def is_board(view: Mapping[str, Any]) -> bool:
    """Whether this is a board, which repeats what cards have said; it has no filters."""
    return bool(_BOARD.match(words_of(view))) and not under_list(view.get("keyboard"))


def user_of(token: str) -> int:
    return int(token[1:].partition(".")[0])
