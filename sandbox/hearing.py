"""Listens to a bot: everything it has said since playing began and no step has matched yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sandbox import saying
from sandbox.client import Telegram
from sandbox.model import Json

# How long the bot must be silent before something else it said counts as its answer.
QUIET_SECONDS = 1.0


class Listener:
    """Follows the feed from a given change on; each thing the bot says is matched once."""

    def __init__(self, telegram: Telegram, bot_id: int, since: int) -> None:
        """Hear what the bot says after change number `since`."""
        self._telegram = telegram
        self._bot_id = bot_id
        self._seq = since
        self._new: list[Json] = []
        self._heard_at = 0.0

    async def hear(
        self, fits: Callable[[Json], bool], wanted: Json, patience: float
    ) -> Json | None:
        """Wait for what the bot says in this place, preferably the same as `wanted`.

        1. Something that says the same is returned, if it was said or comes within `patience`.
        2. Otherwise something else that fits, once the bot has been quiet for QUIET_SECONDS.
        3. None if the bot stayed silent.
        """
        began = self._now()
        while True:
            fitting = [said for said in self._new if fits(said)]
            found = next((said for said in fitting if saying.same(said, wanted)), None)
            ends = began + patience
            if fitting:
                ends = min(ends, max(began, self._heard_at) + QUIET_SECONDS)
            if found is None and self._now() < ends:
                await self._listen(ends - self._now())
                continue
            found = found or next(iter(fitting), None)
            if found is not None:
                self._forget(found, fitting)
            return found

    def _forget(self, taken: Json, fitting: list[Json]) -> None:
        """Drop what was matched, and earlier edits or reactions that it replaced."""
        replaced = [] if taken["kind"] == "message" else fitting[: fitting.index(taken)]
        for said in (*replaced, taken):
            self._new.remove(said)

    async def _listen(self, seconds: float) -> None:
        """Wait for the next change."""
        news = await self._telegram.call("changes", since=self._seq, timeout=seconds)
        self._seq = news["seq"]
        told = [saying.told(change, self._bot_id) for change in news["changes"]]
        if heard := [said for said in told if said is not None]:
            self._new += heard
            self._heard_at = self._now()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
