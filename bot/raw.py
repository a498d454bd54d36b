"""What can be read off an update's JSON, whatever is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.text import clean


@dataclass(frozen=True)
class Origin:
    """Where an update came from; None for what it does not say."""

    chat_id: int | None
    private: bool
    message_id: int | None
    language: str
    callback_query_id: str | None
    person_id: int | None


def cleaned(value: Any) -> Any:
    """Replace what databases refuse in every string within a JSON value."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    return value


def origin(raw: Mapping[str, Any]) -> Origin:
    """Find out whom to tell about an update."""
    event = next((value for key, value in raw.items() if key != "update_id"), None)
    query = raw.get("callback_query")
    message = _dict(event).get("message", event) if query else event
    chat = _dict(_dict(message).get("chat"))
    sender = _dict(_dict(event).get("from"))
    chat_id, message_id = chat.get("id"), _dict(message).get("message_id")
    query_id, person_id = _dict(query).get("id"), sender.get("id")
    return Origin(
        chat_id=chat_id if isinstance(chat_id, int) else None,
        private=chat.get("type") == "private",
        message_id=message_id if isinstance(message_id, int) else None,
        language=clean(str(sender.get("language_code") or "")),
        callback_query_id=query_id if isinstance(query_id, str) else None,
        person_id=person_id if isinstance(person_id, int) else None,
    )


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
