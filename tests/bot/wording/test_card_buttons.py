"""Which buttons a card has, how they are arranged, and that a redraw leaves its menu alone."""

import pytest
from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot import card_buttons, i18n
from bot.card_buttons import CARD_BUTTONS
from bot.texts import buttons, refusals, to_staff
from core.text import utf16_len
from database.models import Ticket, TicketStatus, User
from services import notices, outbox, problems
from services import ticket_service as tickets
from services.helpdesk import card_menu, owners
from tests.bot.wording.wall import Wall, at
from tests.services import factories
from tests.services.factories import STAFF, TODAY
from tests.support.times import NOON

MENU = ["How to answer"]
ARABIC = "محمد بن عبد الله بن عبد المطلب"


@pytest.fixture
async def ticket(session: AsyncSession) -> Ticket:
    """Have a ticket that nobody has, with a question on it."""
    made = await factories.ticket(session)
    await factories.message(session, made)
    return made


async def taken_by(session: AsyncSession, name: str) -> Ticket:
    return await factories.ticket(
        session, assigned_staff=await factories.user(session, 901, name=name)
    )


def rows(ticket: Ticket, *, menu_open: bool = False) -> list[list[str]]:
    shown = card_buttons.keyboard(ticket, menu_open=menu_open).inline_keyboard
    return [[button.text for button in row] for row in shown]


async def test_a_card_has_at_most_three_buttons(session: AsyncSession, ticket: Ticket) -> None:
    assert rows(ticket) == [["Take", "Close", "More…"]]

    ticket.assigned_staff = await factories.user(session, 901, name="Anna")
    assert rows(ticket) == [["Anna has it", "Close", "More…"]]

    ticket.status = TicketStatus.CLOSED
    assert rows(ticket, menu_open=True) == [["Reopen"]]


async def test_more_opens_the_rest_below(session: AsyncSession, ticket: Ticket) -> None:
    assert rows(ticket, menu_open=True) == [["Take", "Close", "Less"], *([one] for one in MENU)]

    ticket.assigned_staff = await factories.user(session, 901, name="Anna")
    assert rows(ticket, menu_open=True) == [
        ["Anna has it", "Close", "Less"],
        ["Release", "How to answer"],
    ]


async def test_only_taking_a_ticket_that_nobody_has_is_coloured(
    session: AsyncSession, ticket: Ticket
) -> None:
    assert styles(card_buttons.keyboard(ticket, menu_open=True)) == {"Take": "primary"}
    ticket.assigned_staff = await factories.user(session, 901, name="Anna")
    assert styles(card_buttons.keyboard(ticket, menu_open=True)) == {}


def styles(keyboard: InlineKeyboardMarkup) -> dict[str, str]:
    return {
        button.text: button.style
        for row in keyboard.inline_keyboard
        for button in row
        if button.style is not None
    }


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Bartholomew Featherstonehaugh", "Bartholomew Featherstone … has it"),
        ("😀" * 20, "😀" * 12 + " … has it"),
        ("Anna\n\nClose", "Anna Close has it"),
        ("Anna\u202eclose", "Annaclose has it"),
        (ARABIC, "\u200e\u2068" + ARABIC[:24].rstrip() + " …\u2069 has it"),
        ("\u200b", "id 901 has it"),
    ],
    ids=["long", "emoji", "lines", "turned", "right to left", "invisible"],
)
async def test_the_name_of_an_owner_is_cut_and_turns_nothing(
    session: AsyncSession, name: str, label: str
) -> None:
    (has_it, *_), *_ = rows(await taken_by(session, name))

    assert has_it == label


async def test_a_long_name_leaves_the_other_buttons_their_row(session: AsyncSession) -> None:
    (_, below) = rows(await taken_by(session, "Bartholomew"))

    assert below == ["Close", "More…"]


async def test_the_data_of_each_button_keeps_within_the_length_of_telegram(
    ticket: Ticket,
) -> None:
    ticket.id = 2**63 - 1
    assert all(1 <= len(kind.of(ticket).pack()) <= 64 for kind in CARD_BUTTONS)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_alerts_and_labels_are_short_in_every_language(language: str) -> None:
    long = User(name="А" * 200, telegram_id=1)
    with i18n.speaking(language):
        labels = [buttons.more(), buttons.less(), buttons.release()]
        alerts = [
            to_staff.how_to_answer(),
            to_staff.ask_before_taking_over("#123 · 21 Nov", long),
            to_staff.released(),
            refusals.problem(problems.TicketToRelease(7), TODAY),
            refusals.problem(problems.TicketNotTaken(7), TODAY),
        ]

        assert all(len(label) <= 20 for label in [*labels, buttons.how_to_answer()])
        assert utf16_len(buttons.has_it(long, card_buttons.LONGEST_OWNER)) <= 40
        assert all(len(alert) <= 200 for alert in alerts)


# Redrawn


async def with_card(session: AsyncSession, wall: Wall, ticket: Ticket) -> None:
    outbox.post(session, STAFF, notices.CardPosted(ticket.id), now=NOON, ticket=ticket)
    await wall.catch_up()


async def test_a_change_of_status_leaves_an_open_menu_open(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await with_card(session, wall, ticket)
    await card_menu.open_(session, ticket, now=NOON)
    await wall.catch_up()
    assert wall.chat()[0].buttons == ["Take", "Close", "Less", *MENU]

    await owners.take(session, ticket, by=await factories.kate(session), now=NOON)
    await wall.catch_up()

    (card,) = wall.chat()
    assert card.buttons == ["Kate has it", "Close", "Less", "Release", *MENU]
    assert "open · Kate" in card.text


async def test_opening_the_menu_undoes_no_change_of_status_that_waits(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    """Both are one edit, which shows the ticket as it is then."""
    await with_card(session, wall, ticket)
    sent = len(wall.calls)
    await card_menu.open_(session, ticket, now=NOON)
    await tickets.close(session, ticket, by=None, now=NOON)
    await wall.catch_up()

    assert wall.chat()[0].buttons == ["Reopen"]
    assert len(wall.calls) == sent + 1


async def test_a_menu_left_open_goes_with_a_later_change(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await with_card(session, wall, ticket)
    await card_menu.open_(session, ticket, now=NOON)
    await wall.catch_up()
    sent, wall.now = len(wall.calls), at(1)
    await wall.catch_up()
    assert len(wall.calls) == sent

    await owners.take(session, ticket, by=await factories.kate(session), now=wall.now)
    await wall.catch_up()

    assert wall.chat()[0].buttons == ["Kate has it", "Close", "More…"]


async def test_a_new_card_of_a_reopened_ticket_has_no_menu(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await with_card(session, wall, ticket)
    await card_menu.open_(session, ticket, now=NOON)
    await tickets.close(session, ticket, by=None, now=NOON)
    await tickets.reopen(session, ticket, by=None, now=NOON)
    await wall.catch_up()
    await outbox.redraw_card(session, ticket, now=NOON)
    await wall.catch_up()

    assert wall.chat()[-1].buttons == ["Take", "Close", "More…"]


async def test_the_menu_of_a_closed_ticket_stays_closed(session: AsyncSession) -> None:
    ticket = await factories.ticket(session, status=TicketStatus.CLOSED)

    with pytest.raises(problems.TicketAlreadyClosed):
        await card_menu.open_(session, ticket, now=NOON)
