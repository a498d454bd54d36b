"""All of a sandbox's Telegram, as seen from outside the bot."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.client.chat import Chat
from sandbox.client.connection import Connection
from sandbox.client.message import Json
from sandbox.client.user import User


class Telegram(Connection):
    """Makes people, groups and trouble."""

    async def user(
        self,
        name: str,
        *,
        username: str | None = None,
        language: str | None = None,
        last_name: str | None = None,
        user_id: int | None = None,
        is_bot: bool = False,
        talks_to_bots: bool = False,
    ) -> User:
        """Somebody new; another bot perhaps, with its Bot-to-Bot Communication Mode."""
        made = await self.call(
            "user",
            first_name=name,
            last_name=last_name,
            username=username,
            language_code=language,
            id=user_id,
            is_bot=is_bot,
            talks_to_bots=talks_to_bots,
        )
        return User(self, made["id"], name)

    async def group(
        self,
        title: str,
        *,
        members: Sequence[User] = (),
        supergroup: bool = False,
        forum: bool = False,
        bot: str | None = "member",
    ) -> Chat:
        """A group with the bot in it (`bot`: its status, or None); the first member owns it."""
        ids = [member.id for member in members]
        made = await self.call(
            "group", title=title, members=ids, supergroup=supergroup, forum=forum, bot=bot
        )
        return Chat(self, made["id"], title)

    async def bot(self, *, privacy: bool | None = None, talks_to_bots: bool | None = None) -> Json:
        """The bot; switches its modes if asked to."""
        modes = {"privacy": privacy, "talks_to_bots": talks_to_bots}
        return dict(await self.call("bot", **{k: on for k, on in modes.items() if on is not None}))

    async def update(self, body: Json) -> int:
        """Queue a raw update (without update_id); its id."""
        return int(await self.call("update", update=body))

    async def calls(self, method: str | None = None, since: int = 0) -> list[Json]:
        """The log of API calls."""
        return list(await self.call("calls", method=method, since=since))

    async def status(self) -> Json:
        """Waiting updates, faults, limits, commands, time."""
        return dict(await self.call("status"))

    async def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        await self.call("advance", seconds=seconds)

    async def limits(self, *, enabled: bool) -> None:
        """Switch Telegram's limits on or off."""
        await self.call("limits", enabled=enabled)

    async def latency(self, low: float, high: float) -> None:
        """Let every call take between `low` and `high` seconds."""
        await self.call("latency", low=low, high=high)

    async def breaks(self, kind: str, **how: object) -> int:
        """Set a fault (see sandbox/faults.py): method, chat_id, times, probability, …."""
        return int(await self.call("fault", kind=kind, **how))

    async def mends(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all of them and the latency."""
        await self.call("mend", **({} if fault_id is None else {"id": fault_id}))

    async def called(
        self,
        method: str,
        *,
        status: int | None = None,
        since: int = 0,
        timeout: float = 30,  # noqa: ASYNC109 - how long a test waits
    ) -> Json:
        """Wait until the bot has called `method` (the first such call after number `since`)."""

        def fits(change: Json) -> bool:
            right = change["kind"] == "call" and change["method"] == method
            return right and change["number"] > since and status in {None, change["status"]}

        known = await self.call("seq")
        for call in await self.calls(method, since):
            if call["done"] and status in {None, call["status"]}:
                return call
        change = await self.watch(None, fits, known, timeout)
        if change is None:
            reason = f"the bot did not call {method} within {timeout} s"
            raise AssertionError(reason)
        return (await self.calls(method, change["number"] - 1))[0]
