"""Sets apart what a user wrote from what the bot says: as a quotation, with its context above it.

Otherwise a user's line could pass for one of ours: a ticket's number, a card's head. A single line
after a number can't, and is shown as it is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.texts import on_cards
from bot.wording.context import TEXT_LIMIT, content
from core.text import EMPTY, Entity, Piece, join, split, utf16_len
from database.models import Direction, Message

# Telegram ignores further entities (core.telegram.org/api/entities).
MOST_ENTITIES = 100

# Most entities of a user's own that are kept; the others are ours.
_MOST_OWN = 80

# A quotation that is longer, in UTF-16 units, is shown folded.
_LONG = 1500

# Telegram has no quotation within a quotation, and users must not mention people through us.
_DROPPED = frozenset({"blockquote", "expandable_blockquote", "text_mention"})

# Characters that begin a new line, or could push the rest of a text onto one.
_BREAKS = re.compile(f"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]|[{EMPTY}]{{3}}")


def own(message: Message) -> Piece:
    """Get a user's text with the formatting that it may have within ours."""
    text, entities = content(message)
    return text, _kept(entities)


def quotation(piece: tuple[str, Sequence[Mapping[str, Any]]]) -> Piece:
    """Set a text apart; a long one is folded."""
    text, entities = piece
    length = utf16_len(text)
    if not length:
        return text, []
    kind = "expandable_blockquote" if length > _LONG else "blockquote"
    return text, [{"type": kind, "offset": 0, "length": length}, *_kept(entities)]


def context(message: Message) -> str:
    """Say in lines what a user forwards or replies to, and where it was moved; else empty."""
    return "\n".join(line for line in (moved(message), origin(message)) if line)


def moved(message: Message) -> str:
    """Say where it was moved; else empty."""
    went = (message.details or {}).get("moved")
    return on_cards.moved(went["from"], went["to"]) if went else ""


def origin(message: Message) -> str:
    """Say in lines what a user forwards or replies to; else empty."""
    if message.direction is not Direction.QUESTION or not message.details:
        return ""
    lines = []
    forwarded = message.details.get("forward_origin")
    if forwarded is not None:
        lines.append(on_cards.forwarded(forwarded if isinstance(forwarded, Mapping) else {}))
    quote = _chosen(message)
    if quote is not None and message.reply_to_id is None:
        lines.append(on_cards.quoted(quote["text"]))
    return "\n".join(lines)


def was_moved(message: Message) -> bool:
    """Whether it came from another ticket."""
    return "moved" in (message.details or {})


def only_moved(message: Message, revision: int) -> bool:
    """Whether a copy of this revision shows all but where the message went since."""
    went = (message.details or {}).get("moved", {})
    if went.get("revision") != message.revision:
        return False
    return bool(revision >= went.get("since", message.revision - 1))


def native_quote(message: Message, replied: Message) -> dict[str, Any]:
    """Give what a reply quotes of the message it replies to, as reply parameters name it."""
    quote = _chosen(message)
    if quote is None or quote["text"] not in (replied.text or ""):
        return {}
    return {"quote": quote["text"], "quote_entities": quote.get("entities") or []}


def is_line(message: Message) -> bool:
    """Whether a text can follow a ticket's number on the same line."""
    return not context(message) and _BREAKS.search(message.text or "") is None


def part(message: Message) -> Piece:
    """Write one text among others: its context, and itself as a quotation."""
    return _below(context(message), quotation(content(message)))


def bundle(
    number: str, messages: Sequence[Message], shortened: Mapping[int, Piece] | None = None
) -> Piece:
    """Write several texts as one, below the ticket's number; if all were moved alike, it says so.

    Of those that are `shortened`, only what is left of the text is shown.
    """
    alike = {moved(one) for one in messages}
    above = alike.pop() if len(alike) == 1 else ""
    parts = [
        quotation(shortened[one.id])
        if shortened and one.id in shortened
        else _below(origin(one) if above else context(one), quotation(content(one)))
        for one in messages
    ]
    return follow_up(number, parts, above)


def _below(above: str, quoted: Piece) -> Piece:
    return join([(above, []), quoted], "\n") if above else quoted


def follow_up(number: str, parts: Sequence[Piece], above: str = "") -> Piece:
    """Write quotations below the ticket's number."""
    head = f"{number} · {above}" if above else number
    text, entities = join([(head, []), join(parts, "\n\n")], "\n")
    return text, _bounded(entities)


def pieces(number: str, message: Message) -> list[Piece]:
    """Write one text below or after the ticket's number, in as many pieces as it takes."""
    text, above = message.text or "", context(message)
    line = on_cards.follow_up(number)
    if is_line(message) and utf16_len(line) + utf16_len(text) <= TEXT_LIMIT:
        return [join([(line, []), own(message)], "")]
    room = TEXT_LIMIT - utf16_len(f"{line}{above}\n")
    rest = split(*content(message), room, room)
    return [follow_up(number, [quotation(one)], above) for one in rest]


def caption(message: Message) -> Piece:
    """Write a file's caption: of a user's file, with its context."""
    above = context(message)
    if not above:
        return content(message)
    quoted = quotation(content(message))
    return join([(above, []), quoted], "\n") if quoted[0] else (above, [])


def _chosen(message: Message) -> Mapping[str, Any] | None:
    """Give what a person chose to quote; Telegram quotes by itself, too."""
    quote = (message.details or {}).get("quote")
    is_quote = isinstance(quote, dict) and quote.get("is_manual") and quote.get("text")
    return quote if is_quote else None


def _kept(entities: Sequence[Mapping[str, Any]]) -> list[Entity]:
    return [dict(one) for one in entities if one["type"] not in _DROPPED][:_MOST_OWN]


def _bounded(entities: list[Entity]) -> list[Entity]:
    """Keep the quotations if there are more entities than Telegram takes."""
    if len(entities) <= MOST_ENTITIES:
        return entities
    ours = [one for one in entities if one["type"] in _DROPPED]
    others = [one for one in entities if one["type"] not in _DROPPED]
    return ours + others[: MOST_ENTITIES - len(ours)]
