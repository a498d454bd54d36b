"""What people wrote, as the other side sees it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from aiogram.types import ReplyParameters
from sqlalchemy import select

from bot.entities import entities
from bot.texts import names, on_cards
from bot.wording import media, numbering, quoting
from bot.wording.calls import Call, ReplyTo, send_text
from bot.wording.context import TEXT_LIMIT, Desk, content, previews
from bot.wording.registry import words_for
from core.text import Piece, split, utf16_len
from database.conditions import in_chat
from database.models import ContentKind, Direction, LinkKind, Message, MessageLink, Ticket
from services.delivery.parcel import AnswerArrived, Parcel, Shown, links_of
from services.helpdesk.messages import THREAD
from services.notices import AnswerPosted, QuestionPosted

# Between texts that are sent as one message.
_BETWEEN = "\n\n"

# At the end of a text that continues elsewhere.
_MORE = names.continued()


@words_for(QuestionPosted)
async def question(desk: Desk, notice: QuestionPosted) -> Parcel | None:
    """Show staff what a user wrote, as a reply to the card, or to what the user replies to.

    In a thread it needs no card to belong to.

    Texts that wait are sent as one message. It makes a sound if staff have to act because of it.
    """
    messages = await desk.messages()
    ticket = await named_by(desk, messages)
    reply_to = await _replied(desk, messages[0])
    if reply_to is None and desk.thread is None:
        reply_to = _below(await desk.card(ticket))
    together = list(takewhile(lambda one: _replies_alike(one, messages[0]), messages))
    if messages[0].kind == ContentKind.TEXT:
        return _ringing(desk, _texts(desk, ticket, together, reply_to))
    return _ringing(desk, _media(desk, together, reply_to))


@words_for(AnswerPosted)
async def answer(desk: Desk, notice: AnswerPosted) -> Parcel | None:
    """Show a user what staff answered; an answer that has become a note is not sent."""
    messages = await desk.messages()
    first = messages[0]
    if first.direction is Direction.NOTE:
        return None
    reply_to = await _replied(desk, first)
    number = await desk.number_beside(await desk.ticket(first.ticket_id))
    if first.kind == ContentKind.TEXT:
        pieces = numbering.pieces(number, first, part=desk.part)
        return _arriving(_piece(desk, first, pieces, reply_to), messages)
    alike = list(takewhile(lambda one: _replies_alike(one, first), messages))
    if number and desk.part == 0:
        alike = numbering.captioned(number, media.together(alike))
        if len(alike) == 1 and not numbering.is_captioned(alike[0]):
            return _above(desk, number, reply_to)
    return _arriving(_media(desk, alike, reply_to), messages)


def _above(desk: Desk, words: str, reply_to: ReplyTo) -> Parcel:
    """Send words before content that has no room for them."""
    return Parcel(
        desk.address,
        Call(send_text(desk.address, (words, []), reply_to=reply_to)),
        effects=links_of([Shown(kind=LinkKind.NOTICE)]),
        more=True,
    )


def _ringing(desk: Desk, parcel: Parcel | None) -> Parcel | None:
    """Have the first part make a sound if with one of its messages it became the staff's turn."""
    if parcel is None or desk.part > 0:
        return parcel
    shown = desk.offered[: parcel.carries]
    rings = any(one.payload.get("our_turn", False) for one in shown)
    return replace(parcel, rings=True) if rings else parcel


def _arriving(parcel: Parcel | None, answers: Sequence[Message]) -> Parcel | None:
    """Record which answers have arrived with this parcel, unless more parts follow."""
    if parcel is None or parcel.more:
        return parcel
    arrived = [AnswerArrived(answer.id) for answer in answers[: parcel.carries]]
    return replace(parcel, effects=[*parcel.effects, *arrived])


async def named_by(desk: Desk, messages: Sequence[Message]) -> Ticket:
    """Get the ticket whose number stands above texts of a user; those moved name another one."""
    stayed = [one for one in messages if not quoting.was_moved(one)] or messages
    return await desk.ticket(stayed[0].ticket_id)


def rebundled(number: str, messages: Sequence[Message], edited: Collection[int]) -> Piece:
    """Write the texts as one again; if edits made them too long, shorten the edited ones.

    The others were sent together with something in the place of each edited one, so there is always
    room for a sign.
    """
    if fits(number, messages):
        return quoting.bundle(number, messages)
    others = utf16_len(quoting.bundle(number, messages, dict.fromkeys(edited, ("", [])))[0])
    room = (TEXT_LIMIT - others) // max(1, len(edited))
    shortened = {one.id: _shortened(one, room) for one in messages if one.id in edited}
    return quoting.bundle(number, messages, shortened)


def fits(number: str, messages: Sequence[Message]) -> bool:
    """Whether the texts fit into one message."""
    return utf16_len(quoting.bundle(number, messages)[0]) <= TEXT_LIMIT


def _texts(
    desk: Desk, ticket: Ticket, messages: Sequence[Message], reply_to: ReplyTo
) -> Parcel | None:
    number = desk.number(ticket)
    together = _fitting(number, messages) if len(messages) > 1 else ()
    if len(together) < 2:  # noqa: PLR2004 - one alone may need several pieces
        return _piece(desk, messages[0], quoting.pieces(number, messages[0]), reply_to)
    return Parcel(
        desk.address,
        Call(send_text(desk.address, quoting.bundle(number, together), reply_to=reply_to)),
        effects=links_of([_shown(message) for message in together]),
        carries=len(together),
    )


def _fitting(number: str, messages: Sequence[Message]) -> Sequence[Message]:
    """Take as many texts from the front as one message holds."""
    room, entities = TEXT_LIMIT - utf16_len(number) - 1, 0
    for count, message in enumerate(messages):
        if message.kind != ContentKind.TEXT:
            return messages[:count]
        text, spans = quoting.part(message)
        room -= utf16_len(text)
        entities += len(spans)
        if room < 0 or entities > quoting.MOST_ENTITIES:
            return messages[:count]
        room -= len(_BETWEEN)
    return messages


def _shortened(message: Message, room: int) -> Piece:
    text, entities = content(message)
    if utf16_len(text) <= room:
        return text, entities
    limit = room - len(_MORE)
    if limit < 2:  # noqa: PLR2004 - a surrogate pair
        return on_cards.nothing_left(), []
    (begin, kept), *_ = split(text, entities, limit, limit)
    return begin + _MORE, kept


def _piece(
    desk: Desk, message: Message, pieces: Sequence[Piece], reply_to: ReplyTo
) -> Parcel | None:
    if desk.part >= len(pieces):
        return None
    return Parcel(
        desk.address,
        Call(
            send_text(
                desk.address,
                pieces[desk.part],
                reply_to=reply_to,
                previews=previews(message),
            )
        ),
        effects=links_of([_shown(message, desk.part)]),
        more=desk.part + 1 < len(pieces),
    )


def _media(desk: Desk, messages: Sequence[Message], reply_to: ReplyTo) -> Parcel:
    """Show what isn't text; if what waits can be an album, as one.

    Context that doesn't fit into the caption is sent before it, as a message of its own.
    """
    first, album = messages[0], media.together(messages)
    if len(album) > 1:
        return Parcel(
            desk.address,
            media.album(album, desk.address, reply_to=reply_to),
            cost=len(album),
            effects=links_of(*([_shown(message)] for message in album)),
            carries=len(album),
        )
    if desk.part == 0 and quoting.context(first) and not media.has_room(first):
        return _above(desk, quoting.context(first), reply_to)
    return Parcel(
        desk.address,
        media.copy(first, desk.address, reply_to=reply_to),
        effects=links_of([_shown(first)]),
    )


def _replies_alike(message: Message, first: Message) -> bool:
    """Whether a message may be sent with the first: in reply to the same, and without a quote."""
    quote = (message.details or {}).get("quote")
    return (
        message.direction is first.direction
        and message.reply_to_id == first.reply_to_id
        and (message is first or not quote)
    )


def _below(card: MessageLink | None) -> int | None:
    return card.message_id if card is not None else None


async def _replied(desk: Desk, message: Message) -> ReplyTo:
    """Find the message in this chat that a message replies to, and what it quotes from it.

    One in another thread does not count: a reply to it would land there.
    """
    if message.reply_to_id is None:
        return None
    replied = await desk.message(message.reply_to_id)
    quote = quoting.native_quote(message, replied)
    if desk.address.is_chat_of(replied.place):
        if (replied.details or {}).get(THREAD) != desk.address.thread_id:
            return None
        place = (message.details or {})["quote"]["position"] if quote else None
        return _reply(replied.message_id, quote, place)
    found = await desk.session.scalar(
        select(MessageLink.message_id)
        .where(MessageLink.copy_of == replied.id, in_chat(MessageLink, desk.address))
        .where(MessageLink.thread_id.is_not_distinct_from(desk.address.thread_id))
        .order_by(MessageLink.id)
        .limit(1)
    )
    return _reply(found, quote, None) if found is not None else None


def _reply(message_id: int, quote: Mapping[str, Any], place: int | None) -> ReplyTo:
    if not quote:
        return message_id
    return ReplyParameters(
        message_id=message_id,
        allow_sending_without_reply=True,
        quote=quote["quote"],
        quote_entities=entities(quote["quote_entities"]),
        quote_parse_mode=None,
        quote_position=place,
    )


def _shown(message: Message, part: int = 0) -> Shown:
    return Shown(message.id, LinkKind.COPY, part, message.revision)
