"""The flow between poller and courier: how they wait for each other, so that more goes together.

What is committed, settled or sent together costs a fraction of one by one. When there is little to
do, nobody waits.

| who waits | for what | how long | why |
|---|---|---|---|
| the courier, to be woken | the poller to commit all that Telegram has | while batches come full | what waits in a lane goes as one message |
| the courier, with answers that came | the same | the same | a turn for them alone would claim single messages |
| the poller, to ask again | the courier to have sent what was committed | `GATHERS` at most | more updates gather at Telegram meanwhile |
| the courier, with an answer | answers to what else is in flight | `bell.GATHERS` at most | one turn settles them all (services/delivery/bell.py) |
"""  # noqa: E501 - a table

import asyncio
from contextlib import suppress

from services.delivery.bell import Bell

# What getUpdates returns at most (core.telegram.org/bots/api#getupdates): after a full batch
# Telegram has more.
FULL = 100

# How long the poller waits for what was committed to be sent, in seconds.
GATHERS = 0.03


class Flow:
    """What the poller tells the courier through its bell, and what it waits for."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._fetched = 0

    @property
    def more(self) -> bool:
        """Whether Telegram has more than it gave."""
        return self._fetched == FULL

    def fetched(self, count: int) -> None:
        """Note how many updates Telegram gave at a time."""
        self._fetched = count
        if self.more:
            self._bell.expect()

    def committed(self) -> None:
        """Have what the updates led to sent, unless more of them come first."""
        if not self.more:
            self._bell.wake()

    async def gather(self) -> None:
        """Let more updates gather at Telegram, if it gave several, and no more."""
        if self._fetched > 1 and not self.more:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHERS):
                    await self._bell.all_back()
