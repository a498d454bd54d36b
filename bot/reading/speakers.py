"""Reads from an update's JSON who speaks, even if aiogram can't read the update."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.reading.update_json import as_dict, as_id, event_of
from core.slashes import begins_with_slash

# The kinds of updates in which somebody says something.
_SPOKEN = frozenset({"message", "edited_message", "callback_query"})

# The service messages about people who join and leave.
_MOVES = frozenset({"left_chat_member", "new_chat_members"})


@dataclass(frozen=True)
class Speaker:
    """Who wrote or pressed in the chat `chat_id`.

    `id` is a person's, or with `as_chat` that of the chat in whose name the message was written:
    the group itself for an anonymous administrator. Such messages have a stand-in bot as `from`.
    """

    chat_id: int
    id: int
    private: bool = False
    as_chat: bool = False
    as_channel: bool = False
    is_program: bool = False
    public_group: bool = False


def speaker(raw: Mapping[str, Any]) -> Speaker | None:
    """Read who speaks; None if nobody does, or the update does not say."""
    if raw.keys().isdisjoint(_SPOKEN):
        return None
    event, chat = event_of(raw), _chat(raw)
    chat_id = as_id(chat.get("id"))
    sender = as_dict(event.get("sender_chat"))
    person = as_dict(event.get("from"))
    as_chat = as_id(sender.get("id")) is not None
    speaker_id = as_id(sender.get("id")) if as_chat else as_id(person.get("id"))
    if chat_id is None or speaker_id is None:
        return None
    forwarded = event.get("is_automatic_forward") is True
    return Speaker(
        chat_id,
        speaker_id,
        private=chat.get("type") == "private",
        as_chat=as_chat,
        as_channel=sender.get("type") == "channel",
        is_program=forwarded or (person.get("is_bot") is True and not as_chat),
        public_group=bool(chat.get("username")),
    )


def asks_something(raw: Mapping[str, Any], bot_id: int) -> bool:
    """Whether the update needs a right: a press, an edit, a command, or what may be for a user.

    That is a reply to the bot, and anything in a thread of a forum.
    """
    if "callback_query" in raw or "edited_message" in raw:
        return True
    message = as_dict(raw.get("message"))
    replied = as_dict(as_dict(message.get("reply_to_message")).get("from"))
    origin = as_dict(as_dict(message.get("external_reply")).get("origin"))
    outside = as_dict(origin.get("sender_user"))
    words = message.get("text") or message.get("caption")
    replies = bot_id in {replied.get("id"), outside.get("id")}
    for_user = replies or message.get("is_topic_message") is True
    return for_user or (isinstance(words, str) and begins_with_slash(words))


def says_who_left(raw: Mapping[str, Any]) -> bool:
    """Whether the update says that somebody left, and so has no say any more."""
    return any(not inside for *_, inside in movements(raw))


def movements(raw: Mapping[str, Any]) -> Iterator[tuple[int, int, bool]]:
    """List the group and person of each move, and whether the person is in the group now."""
    message, chat_id = as_dict(raw.get("message")), as_id(_chat(raw).get("id"))
    if chat_id is None or ("chat_member" not in raw and message.keys().isdisjoint(_MOVES)):
        return
    member = as_dict(as_dict(raw.get("chat_member")).get("new_chat_member"))
    gone, came = as_dict(message.get("left_chat_member")), message.get("new_chat_members")
    moved = [(gone, False), (as_dict(member.get("user")), _is_inside(member))]
    moved += [(as_dict(one), True) for one in came] if isinstance(came, list) else []
    for person, inside in moved:
        person_id = as_id(person.get("id"))
        if person_id is not None:
            yield chat_id, person_id, inside


def _is_inside(member: Mapping[str, Any]) -> bool:
    status = member.get("status")
    return status not in {"left", "kicked"} and (
        status != "restricted" or member.get("is_member") is True
    )


def _chat(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the chat where it happened; for a button, the chat of its message."""
    event = event_of(raw)
    place = as_dict(event.get("message", event)) if "callback_query" in raw else event
    return as_dict(place.get("chat"))
