"""Which ticket is meant: cards are told from all else by link, or by key and mark together."""

from collections.abc import AsyncIterator

import pytest
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.types import Chat as TelegramChat
from aiogram.types import User as TelegramUser
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import CloseThis, ResendFailed, TicketButton
from bot.card_buttons import CARD_BUTTONS, CardButton, CloseTicket
from bot.reading.ticket_reference import pressed_ticket, replied_ticket
from core.team import StaffChat
from database.models import LinkKind, Ticket
from database.session import make_sessions
from services.problems import ButtonOutdated, TicketOfAnotherTeam, UnknownReply
from tests.services import factories
from tests.services.factories import STAFF
from tests.support import engines
from tests.support.times import NOON

CARD = 77


@pytest.fixture
async def session(shared_sqlite_url: str) -> AsyncIterator[AsyncSession]:
    """Open one session and roll it back."""
    async with engines.lend(shared_sqlite_url) as engine, make_sessions(engine)() as session:
        yield session


MAIN = StaffChat(1, STAFF, is_main=True, by_setting=True, next_ticket_id=None)


@pytest.fixture
async def ticket(session: AsyncSession) -> Ticket:
    return await factories.ticket(session)


def message(data: str | None = None, **fields: object) -> Message:
    """Make a message of the staff chat, with a button if there is `data`."""
    keyboard = None
    if data is not None:
        button = InlineKeyboardButton(text="?", callback_data=data)
        keyboard = InlineKeyboardMarkup(inline_keyboard=[[button]])
    chat = TelegramChat(id=STAFF, type="supergroup")
    given = {"message_id": CARD, "date": NOON, "chat": chat, "reply_markup": keyboard}
    return Message(**given | fields)  # type: ignore[arg-type]


async def pressed(session: AsyncSession, button: TicketButton) -> Ticket:
    kate = TelegramUser(id=900, is_bot=False, first_name="Kate")
    query = CallbackQuery(id="1", from_user=kate, chat_instance="1", message=message(button.pack()))
    return await pressed_ticket(session, query, button, MAIN)


async def replied(session: AsyncSession, data: str) -> Ticket:
    return await replied_ticket(session, message(reply_to_message=message(data)), MAIN)


def test_the_longest_button_fits() -> None:
    """Telegram takes 64 bytes; nobody will ever have this many tickets or deliveries."""
    ticket = Ticket(id=10**12, mark="123456789012")

    assert ResendFailed.of(ticket, delivery_id=10**13, posted_at=10**10).pack()


def test_what_was_posted_before_there_were_marks_is_read() -> None:
    assert CloseTicket.unpack("close:7") == CloseTicket(ticket_id=7, mark="")


async def test_a_press_is_understood_by_key_and_mark(session: AsyncSession, ticket: Ticket) -> None:
    assert await pressed(session, CloseTicket.of(ticket)) is ticket
    assert await pressed(session, CloseThis.of(ticket)) is ticket


@pytest.mark.parametrize("kind", [CloseTicket, CloseThis])
async def test_a_press_whose_mark_does_not_fit_is_refused(
    session: AsyncSession, ticket: Ticket, kind: type[TicketButton]
) -> None:
    await factories.link(session, ticket, CARD)

    with pytest.raises(ButtonOutdated):
        await pressed(session, kind(ticket_id=ticket.id, mark="another"))


async def test_an_unmarked_press_counts_on_the_stored_card_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    unmarked = CloseTicket(ticket_id=ticket.id, mark="")
    with pytest.raises(ButtonOutdated):
        await pressed(session, unmarked)
    copy = await factories.link(session, ticket, CARD, kind=LinkKind.COPY)
    with pytest.raises(ButtonOutdated):
        await pressed(session, unmarked)

    copy.kind = LinkKind.CARD

    assert await pressed(session, unmarked) is ticket


async def test_an_unmarked_press_on_the_card_of_another_ticket_is_refused(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await factories.ticket(session, 8, user=await factories.user(session, 8))
    await factories.link(session, other, CARD)

    with pytest.raises(ButtonOutdated):
        await pressed(session, CloseTicket(ticket_id=ticket.id, mark=""))


async def test_a_press_for_a_ticket_of_another_chat_is_refused(session: AsyncSession) -> None:
    elsewhere = await factories.ticket(session, staff_chat_id=-5)

    with pytest.raises(TicketOfAnotherTeam):
        await pressed(session, CloseTicket.of(elsewhere))


async def test_a_card_is_known_by_key_and_mark_without_a_link(
    session: AsyncSession, ticket: Ticket
) -> None:
    assert await replied(session, CloseTicket.of(ticket).pack()) is ticket


async def test_no_other_button_makes_a_card(session: AsyncSession, ticket: Ticket) -> None:
    others = [
        CloseThis.of(ticket).pack(),
        ResendFailed.of(ticket, delivery_id=1, posted_at=0).pack(),
        f"close:{ticket.id}",
        f"close:{ticket.id}:another",
        f"close:{ticket.id}:{ticket.mark}:more",
        f"close:{ticket.id + 1}:{ticket.mark}",
        "close:x:y",
        f"ticket:{ticket.id}:{ticket.mark}",
    ]
    for data in others:
        with pytest.raises(UnknownReply):
            await replied(session, data)


def test_every_button_of_a_card_says_so() -> None:
    assert set(CARD_BUTTONS) == set(CardButton.__subclasses__())
