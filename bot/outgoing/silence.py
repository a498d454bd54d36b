"""Silence: a message without a sound, for a group in which nobody has to act because of it."""

from typing import Any

from aiogram.methods import TelegramMethod


def silence(method: TelegramMethod[Any]) -> None:
    """Have it make no sound, if it makes a message."""
    if "disable_notification" in type(method).model_fields:
        method.disable_notification = True  # type: ignore[attr-defined]
