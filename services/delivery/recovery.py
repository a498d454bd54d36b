"""Recovery: how the courier goes on after a turn that could not be written down.

| state | what a turn does | if it is done | if it fails with answers | if it fails without |
|---|---|---|---|---|
| NORMAL | settles all answers, claims | NORMAL | ONE_BY_ONE | CAREFUL |
| CAREFUL | the same, with a savepoint around each wording | NORMAL | ONE_BY_ONE | CAREFUL |
| ONE_BY_ONE | settles the first answer alone, claims nothing | ONE_BY_ONE while answers are left, then CAREFUL | that answer is to blame and is given up; ONE_BY_ONE | CAREFUL |

- *With answers*: the turn had something to settle, so one of them may be what can't be written.
- A wording whose query fails spoils its whole transaction; a savepoint shows which one it was.
- An outage of the database blames nobody: the state stays, and the turn is tried again.
- A failed turn's commit may have gone through all the same, only its answer lost. Until a turn is
  done, `unsent` names what failed turns have claimed: it is in the database, and never left.
"""  # noqa: E501 - a table

from collections.abc import Collection, Coroutine
from enum import Enum
from typing import Any

import structlog

from database.alarm import Alarm
from database.errors import is_outage

log = structlog.get_logger(__name__)


class State(Enum):
    """How careful the next turn is."""

    NORMAL = "normal"
    CAREFUL = "careful"
    ONE_BY_ONE = "one by one"


class Attempt(Enum):
    """What came of a transaction."""

    DONE = "done"
    OUTAGE = "outage"
    FAILED = "failed"


class Recovery:
    """The state of one courier; it begins as if nothing had ever failed."""

    def __init__(self, alarm: Alarm) -> None:
        self.state = State.NORMAL
        self.unsent: set[int] | None = None
        self._alarm = alarm

    async def attempt(self, work: Coroutine[Any, Any, None]) -> Attempt:
        """Do `work`. Its failure is logged, an outage told to the operator; neither is raised."""
        try:
            await work
        except Exception as error:
            if is_outage(error):
                self._alarm.fails(error)
                return Attempt.OUTAGE
            log.exception("the courier's turn failed")
            return Attempt.FAILED
        self._alarm.works()
        return Attempt.DONE

    def done(self, *, answers_left: bool) -> None:
        """Note that a turn is written down; `answers_left` came in before it ended."""
        self.unsent = None
        if self.state is not State.ONE_BY_ONE:
            self.state = State.NORMAL
        elif not answers_left:
            self.state = State.CAREFUL

    def failed(self, attempt: Attempt, *, claimed: Collection[int], with_answers: bool) -> bool:
        """Note that a turn failed, and what it claimed; whether its one answer is to blame."""
        self.unsent = (self.unsent or set()) | set(claimed)
        if attempt is Attempt.OUTAGE:
            return False
        was_alone = self.state is State.ONE_BY_ONE
        self.state = State.ONE_BY_ONE if with_answers else State.CAREFUL
        return was_alone and with_answers
