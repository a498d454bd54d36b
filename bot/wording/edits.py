"""Edits the copies that show an old wording, one call at a time.

Each turn takes the first copy whose revision is older than the message's; if others are left, the
parcel has `more`. So no counter is needed, and a retry begins where the last try ended.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from aiogram.methods import DeleteMessage

from bot.texts import names
from bot.wording import cards, copies, media, numbering, quoting
from bot.wording.calls import Call, at, edit_text, send_text
from bot.wording.context import Desk, previews
from bot.wording.registry import words_for
from core.text import Piece
from database.models import ContentKind, Direction, LinkKind, Message, MessageLink, Ticket
from services import links
from services.delivery.parcel import LinkDropped, LinkRewritten, Parcel, Shown, links_of
from services.helpdesk import messages, moving
from services.notices import AnswerEdited, AnswerRetracted, QuestionEdited, QuestionPosted


@words_for(AnswerEdited, QuestionEdited)
async def edit(desk: Desk, notice: QuestionEdited | AnswerEdited) -> Parcel | None:
    """Edit the next copy that is out of date, or add what the text has grown by."""
    message = await desk.message(notice.message_id)
    sent = await links.copies(desk.session, message.id, desk.address)
    if message.direction is Direction.NOTE:
        return None
    if not any(_has_words(link, message) for link in sent):
        again = await _sent_again(desk, message)
        if again is not None or not sent:
            return again
    stale = [link for link in sent if link.revision < message.revision]
    if not stale:
        return await _continuation(desk, message, sent)
    ticket = await desk.ticket(message.ticket_id)
    if stale[0].kind is LinkKind.CARD:
        return await cards.redrawn(desk, ticket, stale[0], more=True)
    if message.kind == ContentKind.TEXT:
        return await _text(desk, ticket, message, stale)
    return await _media(desk, message, sent, stale)


def _has_words(link: MessageLink, message: Message) -> bool:
    """Whether it shows what was written: a card only names what isn't text, which is below it."""
    return link.kind is not LinkKind.CARD or message.kind == ContentKind.TEXT


async def _sent_again(desk: Desk, message: Message) -> Parcel | None:
    """Send an edited message again if its copy is in the group's old chat, where no edit can go.

    A message that was never sent, or is sent again as it was moved, is left to its own delivery,
    which sends the current wording.
    """
    copied = await links.copies_anywhere(desk.session, message.id)
    was_sent = any(_has_words(link, message) for link in copied)
    if message.direction is not Direction.QUESTION or not was_sent:
        return None
    if await moving.is_on_its_way(desk.session, message):
        return None
    return await copies.question(desk, QuestionPosted(message.id))


@words_for(AnswerRetracted)
async def retract(desk: Desk, notice: AnswerRetracted) -> Parcel | None:
    """Delete the next copy of an answer that became a note (bots may for 48 hours)."""
    sent = await links.all_copies(desk.session, notice.message_id, desk.address)
    if not sent:
        return None
    return _delete(desk, sent[0], more=len(sent) > 1)


async def _text(
    desk: Desk, ticket: Ticket, message: Message, stale: Sequence[MessageLink]
) -> Parcel:
    beside = await links.beside(desk.session, stale[0])
    if len(beside) > 1:
        return await _bundle(desk, beside)
    sent = await links.copies(desk.session, message.id, desk.address)
    pieces = await _pieces(desk, ticket, message, _with(sent, stale[0]))
    if stale[0].part >= len(pieces):
        return _delete(desk, stale[0], more=True)
    return Parcel(
        desk.address,
        Call(
            edit_text(
                stale[0].place,
                pieces[stale[0].part],
                previews=previews(message),
            )
        ),
        effects=[_rewritten(stale[0], message)],
        more=True,
    )


async def _bundle(desk: Desk, beside: Sequence[MessageLink]) -> Parcel:
    """Compose a merged message again, with the newest wording of all its parts."""
    merged = await _bundled(desk, beside)
    ticket = await copies.named_by(desk, merged)
    held = list(zip(beside, merged, strict=True))
    edited = {message.id for link, message in held if await _was_edited(desk, link, message)}
    words = copies.rebundled(_number(desk, ticket, merged), merged, edited)
    return Parcel(
        desk.address,
        Call(edit_text(beside[0].place, words)),
        effects=[_rewritten(link, message) for link, message in held],
        more=True,
    )


async def _was_edited(desk: Desk, link: MessageLink, message: Message) -> bool:
    """Whether a part of a merged message changed now, or changed before and was put after it."""
    if link.revision < message.revision:
        return True
    return len(await links.copies(desk.session, message.id, desk.address)) > 1


async def _continuation(desk: Desk, message: Message, sent: Sequence[MessageLink]) -> Parcel | None:
    """Send the piece that the text needs beyond those that were sent."""
    if message.kind != ContentKind.TEXT:
        return None
    ticket = await desk.ticket(message.ticket_id)
    newest = _with(sent, sent[-1])
    pieces = await _pieces(desk, ticket, message, newest)
    part = newest[-1].part + 1
    if part >= len(pieces):
        return None
    return Parcel(
        desk.address,
        Call(send_text(desk.address, pieces[part], reply_to=sent[-1].message_id)),
        effects=links_of([Shown(message.id, LinkKind.COPY, part, message.revision)]),
        more=part + 1 < len(pieces),
    )


def _with(sent: Sequence[MessageLink], link: MessageLink) -> list[MessageLink]:
    """List the pieces that were sent together with this one: a text that was moved has others."""
    at = sent.index(link)
    first = max((number for number in range(at + 1) if sent[number].part == 0), default=0)
    return [sent[first], *takewhile(lambda one: one.part > 0, sent[first + 1 :])]


async def _pieces(
    desk: Desk, ticket: Ticket, message: Message, sent: Sequence[MessageLink]
) -> list[Piece]:
    """Divide the text as it was divided when it was sent, in the messages that these link to.

    A part for which a merged message has no room follows it as a whole, as the pieces from 1.
    """
    if message.direction is not Direction.QUESTION:
        return numbering.pieces_again(await desk.number_beside(ticket), message)
    if sent[0].kind is LinkKind.CARD:
        return cards.numbered_pieces(desk, ticket, message)
    pieces = quoting.pieces(desk.number(ticket), message)
    beside = await links.beside(desk.session, sent[0])
    if len(beside) == 1:
        return pieces
    held = await _bundled(desk, beside)
    number = _number(desk, await copies.named_by(desk, held), held)
    merged = quoting.bundle(number, held)
    return [merged] if copies.fits(number, held) else [merged, *pieces]


def _number(desk: Desk, ticket: Ticket, held: Sequence[Message]) -> str:
    """Name the ticket, without the day if there is no room for it: on the day it was not needed."""
    number = desk.number(ticket)
    return (
        number
        if copies.fits(number, held)
        else names.number(ticket.daily_id, desk.today, desk.today)
    )


async def _bundled(desk: Desk, beside: Sequence[MessageLink]) -> list[Message]:
    return [await desk.message(link.copy_of) for link in beside if link.copy_of is not None]


async def _media(
    desk: Desk, message: Message, sent: Sequence[MessageLink], stale: Sequence[MessageLink]
) -> Parcel | None:
    """Edit a copy; if an edit can't make the change, send the message below, as a reply to it."""
    if stale[0].part > 0:
        return _delete(desk, stale[0], more=True)
    shown = await _numbered(desk, message)
    method = media.edit(shown, stale[0].place)
    if method is None and quoting.only_moved(message, stale[0].revision):
        return _moved(desk, message, stale)
    if method is None or len(await links.beside(desk.session, stale[0])) > 1:
        return _below(desk, message, sent)
    return Parcel(
        desk.address,
        Call(method, media.anew(shown, desk.address)),
        effects=[_rewritten(stale[0], message)],
        more=len(stale) > 1,
    )


def _moved(desk: Desk, message: Message, stale: Sequence[MessageLink]) -> Parcel:
    """Say below a copy that can't be edited where the message went."""
    words = quoting.context(message), list[Any]()
    return Parcel(
        desk.address,
        Call(send_text(desk.address, words, reply_to=stale[0].message_id)),
        effects=[
            *links_of([Shown(kind=LinkKind.NOTICE)]),
            replace(_rewritten(stale[0], message), stays=True),
        ],
        more=len(stale) > 1,
    )


async def _numbered(desk: Desk, message: Message) -> Message:
    """Put its ticket's number into an answer's caption; that of an album is in its first one."""
    ticket = await desk.ticket(message.ticket_id)
    number = await desk.number_beside(ticket)
    if message.direction is not Direction.ANSWER or not number:
        return message
    album = await messages.album(desk.session, ticket, message.media_group_id)
    if album and album[0].id != message.id:
        return message
    return numbering.captioned(number, [message])[0]


def _below(desk: Desk, message: Message, sent: Sequence[MessageLink]) -> Parcel | None:
    """Send the message as it is now, unless that was done: its older copies stay as they are."""
    if sent[-1].revision >= message.revision:
        return None
    return Parcel(
        desk.address,
        media.copy(message, desk.address, reply_to=sent[-1].message_id),
        effects=links_of([Shown(message.id, LinkKind.COPY, 0, message.revision)]),
    )


def _delete(desk: Desk, link: MessageLink, *, more: bool) -> Parcel:
    method = DeleteMessage(**at(link.place))
    return Parcel(desk.address, Call(method), effects=[LinkDropped(link.id)], more=more)


def _rewritten(link: MessageLink, message: Message) -> LinkRewritten:
    return LinkRewritten(link.id, Shown(message.id, link.kind, link.part, message.revision))
