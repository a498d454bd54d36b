"""The card: the text message in the staff chat that represents a ticket."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from bot import card_buttons
from bot.message_url import leading
from bot.texts import names, on_cards
from bot.wording import quoting
from bot.wording.calls import Call, edit_text, send_text
from bot.wording.context import TEXT_LIMIT, Desk, content, previews, rendered
from bot.wording.registry import words_for
from core.text import Piece, join, split
from database.conditions import IS_CARD, in_chat
from database.machinery import Precedence
from database.models import (
    ContentKind,
    EventKind,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from services import links
from services.delivery.parcel import (
    CardStands,
    Effect,
    LinkRewritten,
    Parcel,
    Shown,
    links_of,
)
from services.helpdesk import card_menu, first_words, staff_chats
from services.notices import CardPosted, CardRedrawn, CardRetired, TicketShown

# Longest excerpt of the first message on a card; leaves room for the head to grow.
BODY_LIMIT = 3000

# Longest excerpt of the reason for a close in the head; all of it is in the command itself.
REASON_LIMIT = 300


@words_for(CardPosted)
async def post(desk: Desk, notice: CardPosted) -> Parcel | None:
    """Send the card, as a reply to an older one; a text that is too long continues in replies.

    It makes a sound if a user's message is the reason for it, which opened or reopened the ticket.
    """
    ticket = await desk.ticket(notice.ticket_id)
    older = await desk.card(ticket)
    message_id = notice.message_id or await _shown_before(desk, ticket, older)
    first = await _question(desk, ticket, message_id)
    pieces = body_pieces(desk, ticket, first)
    if desk.part > 0:
        return await _continuation(desk, ticket, first, pieces)
    goes_on = len(pieces) > 1 and not await _already_copied(desk, first)
    parcel = await _sent(desk, ticket, first, named=message_id is not None, older=older)
    rings = desk.offered[0].precedence == Precedence.CARD or notice.message_id is not None
    return replace(parcel, more=goes_on, rings=rings)


async def opening(desk: Desk, ticket: Ticket) -> Parcel:
    """Send the ticket's card to its thread before what goes there; it shows what the last one did.

    What of a long text is not on a card is further up in the chat.
    """
    older = await desk.card(ticket)
    message_id = await _shown_before(desk, ticket, older)
    first = await _question(desk, ticket, message_id)
    parcel = await _sent(desk, ticket, first, named=message_id is not None, older=None)
    return replace(parcel, prepares=True)


async def _sent(
    desk: Desk,
    ticket: Ticket,
    first: Message | None,
    *,
    named: bool,
    older: MessageLink | None,
) -> Parcel:
    """Send the card, as a reply to an older one in the same thread."""
    effects: list[Effect] = [*links_of([shown(first, named=named)])]
    if desk.thread is not None:
        effects.append(CardStands(desk.thread.id, ticket.id))
    if older is not None and older.thread_id != desk.address.thread_id:
        older = None
    card = send_text(
        desk.address,
        await face(desk, ticket, first, in_thread=desk.address.thread_id),
        reply_to=older.message_id if older is not None else None,
        keyboard=card_buttons.keyboard(ticket),
        previews=previews(first) if first is not None else None,
    )
    return Parcel(desk.address, Call(card), effects=effects)


@words_for(TicketShown)
async def show(desk: Desk, notice: TicketShown) -> Parcel:
    """Reply to the newest card with a message that can itself be replied to."""
    ticket = await desk.ticket(notice.ticket_id)
    card, words = await desk.card(ticket), on_cards.shown(desk.number(ticket), ticket.user)
    reply_to = card.message_id if card is not None else None
    call = Call(send_text(desk.address, (words, []), reply_to=reply_to))
    return Parcel(desk.address, call, effects=links_of([Shown()]))


@words_for(CardRedrawn)
async def redraw(desk: Desk, notice: CardRedrawn) -> Parcel | None:
    """Show the ticket as it is now; do nothing if it has no card yet."""
    ticket = await desk.ticket(notice.ticket_id)
    card = await desk.card(ticket)
    if card is None:
        return None
    return await redrawn(desk, ticket, card)


async def redrawn(desk: Desk, ticket: Ticket, card: MessageLink, *, more: bool = False) -> Parcel:
    """Edit this very card."""
    first = await _question(desk, ticket, card.copy_of)
    face_now = await face(desk, ticket, first, in_thread=card.thread_id)
    keyboard = card_buttons.keyboard(ticket, menu_open=card_menu.is_open(ticket, now=desk.now))
    shows = previews(first) if first is not None else None
    return Parcel(
        desk.address,
        Call(edit_text(card.place, face_now, keyboard=keyboard, previews=shows)),
        effects=[LinkRewritten(card.id, shown(first, named=card.copy_of is not None))],
        more=more,
    )


@words_for(CardRetired)
async def retire(desk: Desk, notice: CardRetired) -> Parcel | None:
    """Have each older card point to the newest one; replies to them are still understood.

    A message that only an old card shows stays on it, as a copy.
    """
    ticket = await desk.ticket(notice.ticket_id)
    cards = await desk.session.scalars(
        select(MessageLink)
        .where(
            MessageLink.ticket_id == ticket.id,
            in_chat(MessageLink, desk.address),
            IS_CARD,
        )
        .order_by(MessageLink.id)
    )
    known = cards.all()
    if len(known) < 2:  # noqa: PLR2004 - the newest, and one to retire
        return None
    oldest, newest = known[0], known[-1]
    words = _pointing(desk, ticket, oldest, newest)
    shows = Shown()
    if oldest.copy_of not in {None, newest.copy_of}:
        message = await desk.message(oldest.copy_of)
        words = join([words, *_body(message, body_pieces(desk, ticket, message))], "\n")
        shows = Shown(message.id, LinkKind.COPY, revision=message.revision)
    return Parcel(
        desk.address,
        Call(edit_text(oldest.place, words), only_edits=shows.copy_of is None),
        effects=[LinkRewritten(oldest.id, shows)],
        more=len(known) > 2,  # noqa: PLR2004
    )


def _pointing(desk: Desk, ticket: Ticket, old: MessageLink, new: MessageLink) -> Piece:
    """Say on an old card where the newest one is, and lead there if it is not further down."""
    if old.thread_id == new.thread_id:
        return on_cards.retired_card(ticket, desk.today), []
    say = on_cards.card_outside_topic if new.thread_id is None else on_cards.card_in_topic
    return leading(say(ticket, desk.today), new.place)


def body_pieces(desk: Desk, ticket: Ticket, first: Message | None) -> list[Piece]:
    """Divide the first message between the card and replies to it; a card shows only text."""
    if first is None or first.kind != ContentKind.TEXT:
        return []
    prefix = len(on_cards.follow_up(desk.number(ticket)))
    return split(*content(first), BODY_LIMIT, TEXT_LIMIT - prefix)


def numbered_pieces(desk: Desk, ticket: Ticket, first: Message) -> list[Piece]:
    """Write the pieces, with the number before those that are not on the card."""
    on_card, *rest = body_pieces(desk, ticket, first)
    number = desk.number(ticket)
    return [on_card, *(quoting.follow_up(number, [quoting.quotation(one)]) for one in rest)]


def shown(first: Message | None, *, named: bool = False) -> Shown:
    """Say what a card shows; content other than text is below it, and is named only if `named`.

    A name is needed unless it is the message that opened the ticket, which is found without one.
    """
    if first is None or (first.kind != ContentKind.TEXT and not named):
        return Shown(kind=LinkKind.CARD)
    return Shown(first.id, LinkKind.CARD, revision=first.revision)


async def _shown_before(desk: Desk, ticket: Ticket, older: MessageLink | None) -> int | None:
    """Find what the newest card shows, or else the newest card in a former staff chat.

    A new ticket has no card elsewhere, or one that shows its first message. That of a merged one
    shows what waits longest for staff; if nothing does, None: the first message.
    """
    if desk.part == 0 and await desk.merged(ticket):
        waits = ticket.status in {TicketStatus.NEW, TicketStatus.OPEN}
        words = await first_words.of(desk.session, [ticket.id]) if waits else {}
        return words[ticket.id].id if words else None
    if older is None and ticket.status is not TicketStatus.NEW:
        return await links.shown_on_newest_card(desk.session, ticket)
    return older.copy_of if older is not None else None


async def _question(desk: Desk, ticket: Ticket, message_id: int | None) -> Message | None:
    """Get the message that a card shows: this one, or else the one that opened the ticket."""
    message = await desk.message(message_id) if message_id is not None else None
    if message is not None and message.ticket_id == ticket.id:
        return message
    return await desk.first_question(ticket)


async def face(
    desk: Desk, ticket: Ticket, first: Message | None, *, in_thread: int | None
) -> Piece:
    """Write the card as the ticket is now; it stands in a thread, or in none."""
    pieces = body_pieces(desk, ticket, first)
    closed_by, reason = await _closed(desk, ticket)
    merged = [desk.number(one) for one in await desk.merged(ticket)]
    head = on_cards.card_head(
        ticket, desk.today, desk.zone, closed_by=closed_by, reason=reason, merged=merged
    )
    return join(
        [
            rendered(head),
            *await _hearing(desk, ticket, in_thread),
            *_backlog(desk),
            *_body(first, pieces),
        ],
        "\n",
    )


def _body(first: Message | None, pieces: Sequence[Piece]) -> list[Piece]:
    """Write the part of a message that is on the card, if any; a quotation has a gap above it."""
    if first is None or not pieces:
        return []
    end = names.continued() if len(pieces) > 1 else ""
    words = quoting.quotation((pieces[0][0] + end, pieces[0][1]))
    above = quoting.context(first)
    return [join([(above, []), words], "\n") if above else words]


async def _hearing(desk: Desk, ticket: Ticket, in_thread: int | None) -> list[Piece]:
    """Say what goes to the user, on the card in the thread that the ticket goes on in.

    Of a closed ticket only if it is more than what people reply, which they know.
    """
    thread = desk.thread
    if thread is None or thread.thread_id != in_thread:
        return []
    chat = await staff_chats.at(desk.session, thread.chat_id)
    everything = chat is not None and chat.hears_threads
    if ticket.status is TicketStatus.CLOSED and not everything:
        return []
    return [(on_cards.hearing(ticket.user, everything=everything), [])]


def _backlog(desk: Desk) -> list[Piece]:
    if desk.backlog is None:
        return []
    told = desk.backlog
    return [(on_cards.backlog(told.waiting, told.minutes, at_least=told.at_least), [])]


async def _continuation(
    desk: Desk, ticket: Ticket, first: Message | None, pieces: list[Piece]
) -> Parcel | None:
    card = await desk.card(ticket)
    if first is None or desk.part >= len(pieces):
        return None
    piece = numbered_pieces(desk, ticket, first)[desk.part]
    return Parcel(
        desk.address,
        Call(send_text(desk.address, piece, reply_to=card.message_id if card else None)),
        effects=links_of([Shown(first.id, LinkKind.COPY, desk.part, first.revision)]),
        more=desk.part + 1 < len(pieces),
    )


async def _already_copied(desk: Desk, first: Message | None) -> bool:
    """Whether the rest of the first message is in this chat already, under an older card."""
    return first is not None and bool(await links.copies(desk.session, first.id, desk.address))


async def _closed(desk: Desk, ticket: Ticket) -> tuple[str | None, str | None]:
    """Look up who closed the ticket, and why."""
    if ticket.status is not TicketStatus.CLOSED:
        return None, None
    event = await desk.session.scalar(
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.CLOSED)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    if event is None:
        return None, None
    actor = await desk.person(event.actor_id)
    reason = (event.details or {}).get("reason")
    closed_by = names.person(actor) if actor else None
    return closed_by, names.shortened(reason, REASON_LIMIT) if reason else None
