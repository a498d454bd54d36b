"""The queue behind getUpdates, with Telegram's rules of confirmation.

Sources: https://core.telegram.org/bots/api#getupdates and #update; what an offset far in the
future means is TQueue::get in tdlib/td and do_get_updates in tdlib/telegram-bot-api.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from sandbox.clock import Clock
from sandbox.errors import GatewayError, conflict
from sandbox.model import Json

# “Specify an empty list to receive all update types except chat_member, message_reaction,
# and message_reaction_count (default).”
ONLY_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
# “Incoming updates are stored on the server until the bot receives them either way, but they
# will not be kept longer than 24 hours.” (#getting-updates)
KEPT_SECONDS = 24 * 3600
# “If there are no new updates for at least a week, then identifier of the next update will be
# chosen randomly instead of sequentially.” (#update)
QUIET_WEEK = 7 * 24 * 3600
# TQueue::get: an offset further ahead than this is not an offset of this queue.
FURTHEST_OFFSET = 10

OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(slots=True, frozen=True)
class Pending:
    """An update that is not confirmed yet."""

    update_id: int
    at: float
    body: Json


class UpdateQueue:
    """Updates in order, and the one request that may wait for them."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        confirmed: Callable[[Json], None] = lambda _body: None,
    ) -> None:
        """Begin at a random identifier, as a new bot does; `confirmed` hears of what is done."""
        self._confirmed = confirmed
        self._clock = clock
        self._rng = rng
        self._pending: deque[Pending] = deque()
        self._next_id = self._random_id()
        self._last_at = clock.now()
        self._poll: asyncio.Future[None] | None = None
        self.polled = asyncio.Event()  # set while a request waits
        self.allowed: list[str] = []
        self.webhook = ""
        self.injected: set[int] = set()

    def _random_id(self) -> int:
        return self._rng.randrange(100_000_000, 900_000_000)

    def wants(self, kind: str) -> bool:
        """Whether updates of this kind are made at all, by the last `allowed_updates`."""
        return kind in self.allowed if self.allowed else kind not in ONLY_ON_REQUEST

    def put(self, kind: str, payload: object) -> int | None:
        """Queue an update; its id, or None when nobody asked for its kind."""
        return self._put({kind: payload}) if self.wants(kind) else None

    def put_raw(self, body: Json) -> int:
        """Queue a raw `body`, whatever its kind or shape."""
        update_id = self._put(body)
        self.injected.add(update_id)
        return update_id

    @contextlib.contextmanager
    def injecting(self) -> Iterator[None]:
        """Mark what is queued inside as injected: its fields were written by hand."""
        first = self._next_id
        yield
        self.injected.update(one.update_id for one in self._pending if one.update_id >= first)

    def _put(self, body: Json) -> int:
        now = self._clock.now()
        if now - self._last_at >= QUIET_WEEK:
            self._pending.clear()
            self._next_id = self._random_id()
        update_id, self._next_id, self._last_at = self._next_id, self._next_id + 1, now
        self._pending.append(Pending(update_id, now, {"update_id": update_id} | body))
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        return update_id

    def _drop_old(self) -> None:
        oldest = self._clock.now() - KEPT_SECONDS
        while self._pending and self._pending[0].at < oldest:
            self._pending.popleft()

    def _forget(self, offset: int) -> None:
        """Confirm everything below `offset`; a negative one counts from the end."""
        if offset < 0:
            offset += self._next_id
        elif offset > self._next_id + FURTHEST_OFFSET:
            return
        while self._pending and self._pending[0].update_id < offset:
            self._confirmed(self._pending.popleft().body)

    def _batch(self, limit: int) -> list[Json]:
        self._drop_old()
        return [pending.body for pending in itertools.islice(self._pending, limit)]

    async def get(self, offset: int, limit: int, timeout: float) -> list[Json]:  # noqa: ASYNC109
        """The unconfirmed updates, waiting for the first as long as `timeout` says.

        A second request ends the first with 409; so does a webhook.
        """
        if self.webhook:
            raise conflict(WEBHOOK_ACTIVE)
        self.interrupt(conflict(OTHER_POLLER))
        if offset:
            self._forget(offset)
        if (batch := self._batch(limit)) or timeout <= 0:
            return batch
        poll = self._poll = asyncio.get_running_loop().create_future()
        self.polled.set()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(poll, timeout)
        finally:
            if self._poll is poll:
                self._poll = None
                self.polled.clear()
        return self._batch(limit)

    def interrupt(self, reason: Exception | None = None) -> None:
        """End the waiting request with `reason` (a proxy's 502 when there is none)."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(reason or GatewayError())

    def clear(self) -> None:
        """Forget everything (drop_pending_updates)."""
        self._pending.clear()

    def state(self) -> Json:
        """Everything a later queue needs to go on from here."""
        return {
            "pending": [asdict(pending) for pending in self._pending],
            "next_id": self._next_id,
            "last_at": self._last_at,
            "allowed": self.allowed,
            "webhook": self.webhook,
            "injected": sorted(self.injected),
        }

    def restore(self, state: Json) -> None:
        """Go on from a state."""
        self._pending = deque(Pending(**pending) for pending in state["pending"])
        self._next_id, self._last_at = state["next_id"], state["last_at"]
        self.allowed, self.webhook = state["allowed"], state["webhook"]
        self.injected = set(state["injected"])

    def __len__(self) -> int:
        """How many updates are waiting (WebhookInfo.pending_update_count)."""
        self._drop_old()
        return len(self._pending)
