"""Links to messages, which only supergroups have (https://core.telegram.org/api/links#message-links)."""

from core.address import BOT, Place
from core.text import Piece, utf16_len
from services.helpdesk.ticket_list import Line

# A supergroup's id is this, less the number that its links have.
_SUPERGROUPS = -(10**12)


def message_url(place: Place) -> str | None:
    """Make the link that opens a message for whoever is in its group; None where there is none."""
    number = _SUPERGROUPS - place.chat_id
    if place.account != BOT or number <= 0:
        return None
    return f"https://t.me/c/{number}/{place.message_id}"


def leading(words: str, place: Place) -> Piece:
    """Have words lead to a message, where messages have links."""
    url = message_url(place)
    entity = {"type": "text_link", "offset": 0, "length": utf16_len(words), "url": url}
    return words, [entity] if url is not None else []


def card_url(line: Line) -> str | None:
    """Make the link to a ticket's newest card; None if it has none, or where there are no links."""
    return message_url(line.card.place) if line.card is not None else None
