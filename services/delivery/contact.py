"""Contact: whether Telegram answers the courier, and what is done when it is silent or returns."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.delivery import lanes
from services.delivery.in_flight import Answer
from services.delivery.outcomes import Unknown
from services.delivery.silence import Silence
from services.delivery.stalls import Stalls
from services.delivery.turn import Turn


class Contact:
    """Told of every answer of one courier; monotonic times, in seconds."""

    def __init__(self) -> None:
        self.stalls = Stalls()
        self._silence = Silence()
        self._returned = self._brought = False

    def answered(self, answer: Answer, now: float) -> None:
        """Note what came of a send: an answer of Telegram's, or none."""
        trip, outcome = answer
        first = trip.delivery_ids[0]
        if isinstance(outcome, Unknown):
            self._silence.failed(now)
            self.stalls.failed(first, now)
            return
        self.stalls.sent(first, now)
        if self._silence.answered(now):
            self._returned = True

    def heard(self, now: float, *, after_silence: bool) -> None:
        """Note that Telegram answered somebody else."""
        self.stalls.hear(now)
        self._returned |= after_silence

    async def bring_forward(self, session: AsyncSession, turn: Turn) -> None:
        """Try what was postponed: all of it once Telegram is back, one now and then until then."""
        self._brought, self._returned = self._returned, False
        if self._brought:
            await lanes.bring_forward(session, now=turn.now)
        elif self._silence.asks(turn.monotonic):
            await lanes.bring_forward(session, now=turn.now, most=1)

    def undo(self) -> None:
        """Note that the turn failed in which postponed deliveries were brought forward."""
        self._returned |= self._brought
