"""People on a sandbox's Telegram, for tests and demos that read like a conversation.

    async with await Telegram.connect(control_url, secret) as telegram:
        alice = await telegram.user("Alice")
        await alice.writes("Hello")

Nothing here polls: whatever is waited for is waited for through the control API's feed. Only
aiohttp and the standard library are needed.
"""

from sandbox.client.chat import Chat
from sandbox.client.connection import ControlError
from sandbox.client.message import Message
from sandbox.client.telegram import Telegram
from sandbox.client.user import Press, User

__all__ = ["Chat", "ControlError", "Message", "Press", "Telegram", "User"]
