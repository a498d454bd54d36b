"""What people wrote, as the other side sees it."""

from collections.abc import Collection, Sequence
from itertools import takewhile

from sqlalchemy import select

from bot import texts
from bot.call import Call, send_text
from bot.wording import media
from bot.wording.desk import TEXT_LIMIT, Desk, content
from core.text import Piece, join, split, utf16_len
from database.models import Direction, LinkKind, Message, MessageLink, Ticket
from services.notices import AnswerPosted, QuestionPosted
from services.parcel import Parcel, Shown

# Stands between texts that travel as one.
_BETWEEN = "\n\n"

# At the end of one that goes on elsewhere.
_MORE = texts.continued()


async def question(desk: Desk, notice: QuestionPosted) -> Parcel | None:
    """Show staff what a user wrote, as a reply to the card; texts that wait travel together."""
    messages = await desk.messages()
    ticket = await desk.ticket(messages[0].ticket_id)
    card = await desk.card(ticket)
    reply_to = card.message_id if card is not None else None
    if messages[0].kind == "text":
        return _texts(desk, ticket, messages, reply_to)
    return _media(desk, messages, reply_to)


async def answer(desk: Desk, notice: AnswerPosted) -> Parcel | None:
    """Show a user what staff answered. What became a note meanwhile is not sent."""
    messages = await desk.messages()
    first = messages[0]
    if first.direction is Direction.NOTE:
        return None
    reply_to = await _quoted(desk, first)
    if first.kind == "text":
        pieces = split(*content(first), TEXT_LIMIT, TEXT_LIMIT)
        return _piece(desk, first, pieces, reply_to)
    alike = takewhile(lambda one: _replies_alike(one, first), messages)
    return _media(desk, list(alike), reply_to)


def bundle(number: str, messages: Sequence[Message]) -> Piece:
    """Write several texts of a user as one, the ticket's number in front."""
    whole = join([content(message) for message in messages], _BETWEEN)
    return join([(texts.follow_up(number), []), whole], "")


def rebundled(number: str, messages: Sequence[Message], edited: Collection[int]) -> Piece:
    """Write the texts as one again; if edits made them too long, the edited ones give way.

    What is not edited was sent with at least as much beside it, so there is room for a sign.
    """
    if fits(number, messages):
        return bundle(number, messages)
    kept = [("", []) if one.id in edited else content(one) for one in messages]
    others = utf16_len(texts.follow_up(number)) + utf16_len(join(kept, _BETWEEN)[0])
    room = (TEXT_LIMIT - others) // max(1, len(edited))
    parts = [_shortened(one, room) if one.id in edited else content(one) for one in messages]
    return join([(texts.follow_up(number), []), join(parts, _BETWEEN)], "")


def fits(number: str, messages: Sequence[Message]) -> bool:
    """Whether the texts fit into one message."""
    return utf16_len(bundle(number, messages)[0]) <= TEXT_LIMIT


def pieces_of(number: str, message: Message) -> list[Piece]:
    """Divide one text of a user as staff see it, the number in front of each piece."""
    prefix = texts.follow_up(number)
    room = TEXT_LIMIT - utf16_len(prefix)
    return [join([(prefix, []), piece], "") for piece in split(*content(message), room, room)]


def _texts(
    desk: Desk, ticket: Ticket, messages: Sequence[Message], reply_to: int | None
) -> Parcel | None:
    number = desk.number(ticket)
    together = _fitting(number, messages) if len(messages) > 1 else ()
    if len(together) < 2:  # noqa: PLR2004 - one alone may need several pieces
        return _piece(desk, messages[0], pieces_of(number, messages[0]), reply_to)
    return Parcel(
        desk.chat_id,
        Call(send_text(desk.chat_id, bundle(number, together), reply_to=reply_to)),
        shows=[[_shown(message) for message in together]],
        taken=len(together),
    )


def _fitting(number: str, messages: Sequence[Message]) -> Sequence[Message]:
    """Take as many texts from the front as one message holds."""
    room = TEXT_LIMIT + len(_BETWEEN) - utf16_len(texts.follow_up(number))
    for count, message in enumerate(messages):
        room -= len(_BETWEEN) + utf16_len(message.text or "")
        if message.kind != "text" or room < 0:
            return messages[:count]
    return messages


def _shortened(message: Message, room: int) -> Piece:
    text, entities = content(message)
    if utf16_len(text) <= room:
        return text, entities
    limit = room - len(_MORE)
    if limit < 2:  # noqa: PLR2004 - a surrogate pair
        return texts.nothing_left(), []
    (begin, kept), *_ = split(text, entities, limit, limit)
    return begin + _MORE, kept


def _piece(
    desk: Desk, message: Message, pieces: Sequence[Piece], reply_to: int | None
) -> Parcel | None:
    if desk.part >= len(pieces):
        return None
    return Parcel(
        desk.chat_id,
        Call(send_text(desk.chat_id, pieces[desk.part], reply_to=reply_to)),
        shows=[[_shown(message, desk.part)]],
        more=desk.part + 1 < len(pieces),
    )


def _media(desk: Desk, messages: Sequence[Message], reply_to: int | None) -> Parcel:
    """Show what isn't text: what waits and can be an album, as one."""
    album = media.together(messages)
    if len(album) > 1:
        return Parcel(
            desk.chat_id,
            media.album(album, desk.chat_id, reply_to=reply_to),
            cost=len(album),
            shows=[[_shown(message)] for message in album],
            taken=len(album),
        )
    return Parcel(
        desk.chat_id,
        media.copy(messages[0], desk.chat_id, reply_to=reply_to),
        shows=[[_shown(messages[0])]],
    )


def _replies_alike(answer: Message, first: Message) -> bool:
    """Whether an answer may stand in one album with the first: no note, and about the same."""
    return answer.direction is Direction.ANSWER and answer.reply_to_id == first.reply_to_id


async def _quoted(desk: Desk, answer: Message) -> int | None:
    """Find the user's own message that an answer replies to."""
    if answer.reply_to_id is None:
        return None
    quoted = await desk.message(answer.reply_to_id)
    if quoted.chat_id == desk.chat_id:
        return quoted.message_id
    found: int | None = await desk.session.scalar(
        select(MessageLink.message_id)
        .where(MessageLink.copy_of == quoted.id, MessageLink.chat_id == desk.chat_id)
        .order_by(MessageLink.id)
        .limit(1)
    )
    return found


def _shown(message: Message, part: int = 0) -> Shown:
    return Shown(message.id, LinkKind.COPY, part, message.revision)
