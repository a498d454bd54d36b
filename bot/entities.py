"""Entities in the form that Telegram's methods take."""

from collections.abc import Sequence
from typing import Any

from aiogram.types import MessageEntity


def entities(spans: Sequence[dict[str, Any]]) -> list[MessageEntity] | None:
    """Turn entities as stored into Telegram's."""
    return [MessageEntity.model_validate(span) for span in spans] or None
