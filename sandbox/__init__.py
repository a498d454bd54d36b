"""A local Telegram: the Bot API over HTTP with Telegram's semantics, and people to talk with."""

from sandbox.client import Message, Telegram
from sandbox.program import Sandbox

__all__ = ["Message", "Sandbox", "Telegram"]
