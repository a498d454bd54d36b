"""What can be read from an update's JSON, even if aiogram can't read the update."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.text import LONGEST_NAME, clean
from services.helpdesk.content import Person

# How much of a message is quoted back to its writer, in characters.
_REPEATED = 64


@dataclass(frozen=True)
class Origin:
    """Where an update came from, and how it begins; fields are None if it does not say.

    `is_program`: another bot may have written it, and would reply to our replies for ever.
    `ephemeral_id`: nobody else saw what was written, at `sent_at` (in Unix seconds).
    """

    chat_id: int | None
    private: bool
    message_id: int | None
    language: str
    callback_query_id: str | None
    person_id: int | None
    is_program: bool = False
    said: str = ""
    ephemeral_id: int | None = None
    sent_at: int | None = None


def cleaned(value: Any) -> Any:
    """Replace the characters that databases refuse in all strings of a JSON value."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    return value


def origin(raw: Mapping[str, Any]) -> Origin:
    """Find whom to tell about an update."""
    event, query = event_of(raw), raw.get("callback_query")
    message = as_dict(event.get("message", event)) if query else event
    chat, sender = as_dict(message.get("chat")), as_dict(event.get("from"))
    query_id, language = as_dict(query).get("id"), sender.get("language_code")
    return Origin(
        chat_id=as_id(chat.get("id")),
        private=chat.get("type") == "private",
        message_id=as_id(message.get("message_id")),
        language=clean(language) if isinstance(language, str) else "",
        callback_query_id=clean(query_id) if isinstance(query_id, str) else None,
        person_id=as_id(sender.get("id")),
        is_program=sender.get("is_bot") is not False and "sender_chat" not in event,
        said=_said(message),
        ephemeral_id=as_id(message.get("ephemeral_message_id")),
        sent_at=as_id(message.get("date")),
    )


def person_id(raw: Mapping[str, Any]) -> int | None:
    """Read who wrote or pressed."""
    return as_id(as_dict(event_of(raw).get("from")).get("id"))


def writer(raw: Mapping[str, Any]) -> Person | None:
    """Read who wrote or pressed, if it was a person; an unreadable update may say anything."""
    sender = as_dict(event_of(raw).get("from"))
    known = as_id(sender.get("id"))
    if known is None or known < 0 or sender.get("is_bot") is not False:
        return None
    names = [sender.get("first_name"), sender.get("last_name")]
    name = " ".join(one for one in names if isinstance(one, str))
    username = sender.get("username")
    return Person(
        telegram_id=known,
        name=clean(name)[:LONGEST_NAME],
        username=clean(username)[:LONGEST_NAME] if isinstance(username, str) else None,
    )


def update_id_of(raw: Any) -> int | None:
    """Read an update's number; None if it has none that can be kept and confirmed."""
    update_id = as_dict(raw).get("update_id")
    if update_id == 0 and not isinstance(update_id, bool | float):
        return 0
    known = as_id(update_id)
    return known if known is not None and known > 0 else None


def event_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_dict(next((value for key, value in raw.items() if key != "update_id"), None))


def _said(message: Mapping[str, Any]) -> str:
    """Read the beginning of a text or caption, as much as is worth quoting."""
    words = message.get("text") or message.get("caption")
    return clean(words[:_REPEATED]) if isinstance(words, str) else ""


def as_id(value: Any) -> int | None:
    """Give an id that databases can store; None for anything else, and for 0, which is no id."""
    is_id = isinstance(value, int) and not isinstance(value, bool)
    return value if is_id and value != 0 and -(2**63) <= value < 2**63 else None


def as_dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
