"""The bell: rings when the courier should take a turn, and tells when all that left is back.

A turn that settles many answers, and claims, costs little more than a turn for a single answer.
So the bell lets things come together before it rings:

| what happens | when the next turn is |
|---|---|
| something was committed (`wake`) | at once |
| an answer came, and nothing else is in flight | at once |
| an answer came, and other sends are in flight | `GATHERS` later, with what came meanwhile |
| the same, while more is about to be committed (`expect`) | at the next `wake` |
| nothing | after the rest that the courier asks for |
"""

import asyncio
from contextlib import suppress

# While several sends are in flight, wait this long (in seconds) so that their answers settle in one
# turn. A crash within this time makes them possible duplicates.
GATHERS = 0.05


class Bell:
    """Rung by whoever has news; one courier listens."""

    def __init__(self) -> None:
        self.stopping = False
        self._rung = asyncio.Event()
        self._all_back = asyncio.Event()
        self._expecting = False
        self._gathering: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Ring at once: something was committed."""
        self._expecting = False
        self._all_back.clear()
        self._rung.set()

    def ring(self) -> None:
        """Ring at once, though nothing new was committed."""
        self._rung.set()

    def expect(self) -> None:
        """Let answers wait until `wake`: what is about to be committed may merge.

        A turn for the answers alone would send messages one by one that soon could go as one.
        """
        self._expecting = True

    def stop(self) -> None:
        """Ring, and from now on go on ringing: no turn silences what happened before it."""
        self.stopping = True
        self.wake()

    def answered(self, *, others_in_flight: bool) -> None:
        """Ring for an answer, or soon if others may come."""
        if self._gathering is None:
            seconds = GATHERS if others_in_flight else 0
            self._gathering = asyncio.get_running_loop().call_later(seconds, self._gathered)

    def begin_turn(self) -> None:
        """Count from here: what happened before is seen by this turn, what happens now is not."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if not self.stopping:
            self._rung.clear()

    async def rest(self, seconds: float) -> None:
        """Wait until it rings, but no longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()

    def note_all_back(self) -> None:
        """Nothing is in flight; that counts unless a turn is due that may send more."""
        if not self._rung.is_set():
            self._all_back.set()

    async def all_back(self) -> None:
        """Wait until what was committed before `wake` is sent, as far as it may go now."""
        await self._all_back.wait()

    def _gathered(self) -> None:
        self._gathering = None
        if not self._expecting:
            self._rung.set()
