"""Entities as Telegram's methods take them."""

from collections.abc import Sequence
from typing import Any

from aiogram.types import MessageEntity


def entities(spans: Sequence[dict[str, Any]]) -> list[MessageEntity] | None:
    """Make Telegram's entities of plain ones."""
    return [MessageEntity.model_validate(span) for span in spans] or None
