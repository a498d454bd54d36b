"""Reads updates into aiogram's models, also with fields that the models do not expect.

Telegram sends fields that its own documentation does not allow, and those of its next version. One
that nobody here reads must not cost a message: it is taken out, and kept beside the message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from pydantic import ValidationError

# Where a message keeps the fields that aiogram could not read.
UNREAD = "unread_fields"

# Fields that decide how an update is handled: without one of them it would be a different update.
_ESSENTIAL = frozenset(
    {
        "update_id",
        "id",
        "message_id",
        "date",
        "edit_date",
        "chat",
        "from",
        "sender_chat",
        "data",
        "text",
        "caption",
        "media_group_id",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "reply_to_message",
    }
)

# Only the status matters in these. New rights of Telegram's are flags, all of them required.
_MEMBERS = frozenset({"old_chat_member", "new_chat_member"})

# Events, and messages within them: their fields are repaired one by one.
_HOLDERS = frozenset({"message", "reply_to_message", "pinned_message"})

# One item of these that can't be read is left out alone.
_LISTS = frozenset({"entities", "caption_entities"})

# An update with more mistakes than this is nonsense.
_MOST_REPAIRS = 30

type _Place = tuple[str | int, ...]


def read(raw: Mapping[str, Any], bot: Bot) -> Update:
    """Read an update. Raises ValidationError if an essential part can't be read."""
    for _ in range(_MOST_REPAIRS):
        try:
            return Update.model_validate(raw, context={"bot": bot})
        except ValidationError as error:
            repaired = _repaired(raw, error.errors()[0])
            if repaired is None:
                raise
            raw = repaired
    return Update.model_validate(raw, context={"bot": bot})


def _repaired(raw: Mapping[str, Any], mistake: Mapping[str, Any]) -> dict[str, Any] | None:
    """Take out the field with the mistake; None if the update needs it."""
    place = _field(raw, mistake["loc"])
    if not place:
        return None
    if place[-1] in _MEMBERS:
        return _completed(raw, place, mistake)
    return None if place[-1] in _ESSENTIAL else _without(raw, place)


def _field(raw: Mapping[str, Any], place: Sequence[str | int]) -> _Place:
    """Find the field of the innermost message that has the mistake; in a list, the item."""
    holder: Any = raw
    path: list[str | int] = []
    for key in place:
        if not isinstance(holder, Mapping | list) or not _has(holder, key):
            continue  # pydantic's name for a variant, or a missing field
        if isinstance(holder, list) and path[-1] not in _LISTS:
            break
        path.append(key)
        holder = holder[key]  # type: ignore[index]
        if len(path) > 1 and key not in _HOLDERS | _LISTS:
            break
    return tuple(path) if len(path) > 1 and path[-1] != "message" else ()


def _has(holder: Mapping[str, Any] | list[Any], key: str | int) -> bool:
    if isinstance(holder, list):
        return isinstance(key, int) and key < len(holder)
    return key in holder


def _without(raw: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    """Copy the update without a field, which is kept beside its message, or a list's item."""
    key, *rest = place
    if rest:
        inner: Any = raw[str(key)]
        if isinstance(inner, list):
            kept: Any = [one for number, one in enumerate(inner) if number != rest[0]]
        else:
            kept = _without(inner, tuple(rest))
        return {**raw, str(key): kept}
    aside = {**raw.get(UNREAD, {}), str(key): raw[str(key)]}
    return {name: value for name, value in raw.items() if name != key} | {UNREAD: aside}


def _completed(
    raw: Mapping[str, Any], place: _Place, mistake: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Set the missing flags of a chat member to false."""
    (event, field), missing = place, mistake["loc"][-1]
    member = raw[str(event)][field]
    if mistake["type"] != "missing" or not isinstance(member, Mapping):
        return None
    completed = {**member, str(missing): False}
    return {**raw, str(event): {**raw[str(event)], str(field): completed}}
