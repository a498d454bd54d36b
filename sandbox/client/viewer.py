"""A person waits for what others do."""

from __future__ import annotations

from sandbox.client.chat import Chat
from sandbox.client.connection import Connection
from sandbox.client.message import GENERAL, Json, Message


class Viewer:
    """Somebody who looks at chats; a wait that times out prints the whole chat."""

    def __init__(self, telegram: Connection, user_id: int, name: str) -> None:
        """The person of that id."""
        self.telegram, self.id, self.name = telegram, user_id, name
        self.chat = Chat(telegram, user_id, name)

    async def sees(
        self,
        text: str = "",
        *,
        in_: Chat | None = None,
        timeout: float = 30,  # noqa: ASYNC109 - how long a person waits
        after: Message | None = None,
        kind: str | None = None,
        thread: int | None = None,
    ) -> Message:
        """Wait for somebody else's message that contains `text`; the newest if it is there.

        `after`: only messages that came later than this one of the same chat; `thread`: only those
        in this topic, or in General, which is 1.
        """

        def fits(message: Message) -> bool:
            newer = after is None or message.place > after.place
            right = newer and kind in {None, message.kind} and message.from_id != self.id
            right = right and thread in {None, message.thread or GENERAL}
            named = bool(text or kind) or message.kind != "service"
            return right and named and self._may_see(message) and text in message.text

        return await (in_ or self.chat).wait(fits, seconds=timeout, wanted=f"{text or kind!r}")

    def _may_see(self, message: Message) -> bool:
        return message.only_for in {None, self.id}

    async def looks(self, in_: Chat) -> list[Message]:
        """Everything that this person sees in a chat now, oldest first."""
        return [message for message in await in_.messages() if self._may_see(message)]

    async def sees_edit(
        self,
        message: Message,
        text: str = "",
        *,
        timeout: float = 30,  # noqa: ASYNC109 - how long a person waits
    ) -> Message:
        """Wait until a message was changed and contains `text`."""
        edits = message.edits

        def fits(now: Message) -> bool:
            return now.id == message.id and now.edits > edits and text in now.text

        chat = Chat(self.telegram, message.chat_id, "")
        return await chat.wait(fits, seconds=timeout, wanted=f"the edit {text!r}")

    async def sees_reaction(
        self,
        message: Message,
        emoji: str,
        *,
        timeout: float = 30,  # noqa: ASYNC109 - how long a person waits
    ) -> Message:
        """Wait until somebody chose this reaction."""

        def fits(now: Message) -> bool:
            return now.id == message.id and emoji in now.reactions

        chat = Chat(self.telegram, message.chat_id, "")
        return await chat.wait(fits, seconds=timeout, wanted=f"the reaction {emoji}")

    async def sees_gone(
        self,
        message: Message,
        *,
        timeout: float = 30,  # noqa: ASYNC109 - how long a person waits
    ) -> None:
        """Wait until a message was deleted."""
        chat = Chat(self.telegram, message.chat_id, "")
        known = await self.telegram.call("seq")
        if await chat.message(message.id) is None:
            return

        def gone(change: Json) -> bool:
            return bool(change["kind"] == "delete" and change["message_id"] == message.id)

        if await self.telegram.watch(chat.id, gone, known, timeout) is None:
            reason = f"message {message.id} was not deleted\n{await chat.transcript()}"
            raise AssertionError(reason)
