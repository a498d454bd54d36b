"""A board is kept up to date: a timer looks after it."""

from collections.abc import Iterator

from sqlalchemy import exists, select

from database.machinery import Timer
from database.team import Board
from services.invariants.rule import Rule

# services/helpdesk/boards.py
LOOK = "board_look"


def rules() -> Iterator[Rule]:
    """List the rules of boards."""
    looked_after = exists().where(Timer.kind == LOOK, Timer.subject == Board.id)
    yield Rule(
        "boards kept true",
        "A board is on, and nothing looks whether it is still true; /board on mends that",
        "boards",
        select(Board.id).where(~looked_after),
    )
