"""Threads of a forum: made or opened before what goes there, and what they look like."""

from itertools import product

from aiogram.methods import (
    CloseForumTopic,
    CreateForumTopic,
    DeleteForumTopic,
    DeleteMessage,
    EditForumTopic,
    ReopenForumTopic,
)

from bot.message_url import leading
from bot.texts import names, staff_mode, to_staff
from bot.wording import cards, quoting
from bot.wording.calls import Call, at, send_text
from bot.wording.context import Desk, content
from bot.wording.registry import words_for
from core.address import Place
from core.team import StaffMode
from core.text import join, split
from database.models import Direction, Ticket, TicketStatus
from database.team import Thread
from services import outbox
from services.delivery.parcel import (
    Parcel,
    Shown,
    ThreadChanged,
    ThreadMade,
    ThreadTurned,
    links_of,
)
from services.helpdesk import thread_closing
from services.helpdesk.messages import THREAD
from services.notices import (
    CardPosted,
    ClosingChosen,
    KeepingChosen,
    LineRemoved,
    ModeChosen,
    Notice,
    SaidElsewhere,
    ThreadDeleted,
    ThreadRedrawn,
    ThreadsFailed,
    ThreadShut,
    ThreadWanted,
)


async def first(desk: Desk, ticket: Ticket, notice: Notice) -> Parcel | None:
    """Do what must come before a notice of the ticket: make its thread, open it, send its card.

    The card also goes to General if the ticket goes on there, and its last one is in a thread. What
    has left the ticket's own lane waits for nothing of this.
    """
    if notice.decorates or desk.offered[0].lane != ticket.id:
        return None
    if ticket.wants_thread:
        return _made(desk, ticket)
    thread = desk.thread
    if thread is not None and thread.is_closed:
        call = Call(ReopenForumTopic(chat_id=thread.chat_id, message_thread_id=thread.thread_id))
        opened = ThreadTurned(thread.id, is_closed=False)
        return Parcel(desk.address, call, effects=[opened], prepares=True)
    if ticket.status is TicketStatus.CLOSED:
        return None
    return await _card_first(desk, ticket, notice)


async def _card_first(desk: Desk, ticket: Ticket, notice: Notice) -> Parcel | None:
    """Send the card where the ticket goes on, unless it stands there, or is about to."""
    card = await desk.card(ticket)
    stands_here = card is not None and card.thread_id == desk.address.thread_id
    is_card = isinstance(notice, CardPosted) and desk.part == 0
    if stands_here or is_card or (desk.thread is None and card is None):
        return None
    waits = await outbox.is_waiting(desk.session, ticket, CardPosted)
    return None if waits else await cards.opening(desk, ticket)


def _made(desk: Desk, ticket: Ticket) -> Parcel:
    """Make its thread; if Telegram refuses the icon or the name, with none, or with a plain one."""
    name, icon = names.of_thread(ticket.user), desk.icons.of(ticket.status)
    looks = product((name, names.by_id(ticket.user)), (icon, None))
    method, *instead = [
        CreateForumTopic(chat_id=desk.address.chat_id, name=one, icon_custom_emoji_id=emoji)
        for one, emoji in dict.fromkeys(looks)
    ]
    made = ThreadMade(ticket.id, name, icon)
    return Parcel(desk.address, Call(method, instead), effects=[made], prepares=True)


@words_for(ThreadRedrawn)
async def redrawn(desk: Desk, notice: ThreadRedrawn) -> Parcel | None:
    """Give it the user's name and the icon of the status, if the ticket still has it.

    What of them Telegram refuses is not asked for again until it is another one.
    """
    ticket, thread = await desk.ticket(notice.ticket_id), desk.thread
    if thread is None or thread.card_of != ticket.id:
        return None
    name, icon = names.of_thread(ticket.user), desk.icons.of(ticket.status) or thread.icon
    if (name, icon) == (thread.name, thread.icon):
        return None
    method, *instead = [
        EditForumTopic(
            chat_id=thread.chat_id,
            message_thread_id=thread.thread_id,
            name=one,
            icon_custom_emoji_id=emoji,
        )
        for one, emoji in dict.fromkeys([(name, icon), (None, icon), (name, None)])
        if one is not None or emoji is not None
    ]
    looks = ThreadChanged(thread.id, name, icon)
    return Parcel(desk.address, Call(method, instead), effects=[looks])


@words_for(ThreadShut)
async def shut(desk: Desk, notice: ThreadShut) -> Parcel | None:
    """Close it, if the ticket is still closed, and no other one goes on there by now."""
    ticket, thread = await desk.ticket(notice.ticket_id), desk.thread
    if thread is None or not await thread_closing.is_due(desk.session, ticket, thread):
        return None
    call = Call(CloseForumTopic(chat_id=thread.chat_id, message_thread_id=thread.thread_id))
    return Parcel(desk.address, call, effects=[ThreadTurned(thread.id, is_closed=True)])


@words_for(ThreadDeleted)
async def deleted(desk: Desk, notice: ThreadDeleted) -> Parcel | None:
    """Delete it, with all that stands there."""
    thread = await desk.session.get(Thread, notice.thread_key)
    if thread is None or thread.chat_id != desk.address.chat_id:
        return None
    call = Call(DeleteForumTopic(chat_id=thread.chat_id, message_thread_id=thread.thread_id))
    return Parcel(desk.address, call)


@words_for(ThreadWanted)
async def wanted(_desk: Desk, _notice: ThreadWanted) -> Parcel | None:
    """Say nothing: all was done before."""
    return None


@words_for(ThreadsFailed)
async def failed(desk: Desk, _notice: ThreadsFailed) -> Parcel:
    return Parcel(desk.address, Call(send_text(desk.address, (to_staff.threads_failed(), []))))


@words_for(ModeChosen)
async def chosen(desk: Desk, notice: ModeChosen) -> Parcel:
    person = await desk.person(notice.by_id)
    words = staff_mode.chosen(StaffMode(notice.mode), person, everything=notice.everything)
    return Parcel(desk.address, Call(send_text(desk.address, (words, []))))


@words_for(ClosingChosen)
async def closing_chosen(desk: Desk, notice: ClosingChosen) -> Parcel:
    person = await desk.person(notice.by_id)
    words = staff_mode.closing_chosen(person, closes=notice.closes)
    return Parcel(desk.address, Call(send_text(desk.address, (words, []))))


@words_for(KeepingChosen)
async def keeping_chosen(desk: Desk, notice: KeepingChosen) -> Parcel:
    person = await desk.person(notice.by_id)
    words = staff_mode.keeping_chosen(person, notice.days)
    return Parcel(desk.address, Call(send_text(desk.address, (words, []))))


@words_for(SaidElsewhere)
async def said_elsewhere(desk: Desk, notice: SaidElsewhere) -> Parcel | None:
    """Quote what a colleague wrote, and lead to it, unless the ticket goes on there by now.

    A reply to this is about the ticket, too. Its link tells what it shows: below a note, staff talk
    among themselves.
    """
    written = await desk.message(notice.message_id)
    is_here = (written.details or {}).get(THREAD) == desk.address.thread_id
    if is_here and desk.address.is_chat_of(written.place):
        return None
    number = desk.number(await desk.ticket(written.ticket_id))
    author = await desk.person(written.author_id)
    is_note = written.direction is Direction.NOTE
    head = leading(to_staff.said_elsewhere(number, author, is_note=is_note), written.place)
    text, entities = content(written)
    what = (text, entities) if text else (names.kind(written.kind), [])
    (begin, kept), *more = split(*what, cards.BODY_LIMIT, cards.BODY_LIMIT)
    quoted = quoting.quotation((begin + names.continued() if more else begin, kept))
    words = join([head, quoted], "\n")
    shows = Shown(written.id, revision=written.revision)
    return Parcel(desk.address, Call(send_text(desk.address, words)), effects=links_of([shows]))


@words_for(LineRemoved)
async def removed(desk: Desk, notice: LineRemoved) -> Parcel | None:
    """Delete it, unless the group has moved since, whose ids then start over."""
    place = Place(notice.told_in, notice.message_id)
    if not desk.address.is_chat_of(place):
        return None
    return Parcel(desk.address, Call(DeleteMessage(**at(place))))
