"""A page of the list of tickets, as it is worded."""

from datetime import timedelta, timezone

import pytest

from bot import i18n, keyboards
from bot.callbacks import TicketsPage
from bot.message_url import message_url
from bot.texts.ticket_list import ticket_list
from core.address import Place
from core.text import utf16_len
from database.models import Message, TicketStatus
from services.helpdesk.ticket_list import PAGE_SIZE, Filter, Line, Page
from tests.database import rows
from tests.services.factories import DAY, TODAY
from tests.support.times import NOON

LONG = ["n" * 129, "😀" * 64, "ש" * 129, "e\u0301" * 64, "👩‍👩‍👧‍👦" * 9]
ZONE = timezone(timedelta(hours=-9, minutes=-30))


def page(which: Filter, name: str, words: str, total: int = 999_999) -> Page:
    """Fill a page with lines that could not be longer."""
    owner = rows.user(9, name=name)
    tickets = [
        rows.ticket(
            rows.user(7, name=name),
            999_999,
            id=2**63 - 1,
            mark="abcdefghijkl",
            opened_on=TODAY - 30 * DAY,
            status=TicketStatus.CLOSED,
            waiting_since=NOON,
            assigned_staff=owner,
        )
        for _ in range(PAGE_SIZE)
    ]
    lines = [Line(one, Message(text=words, kind="text"), None) for one in tickets]
    totals = dict.fromkeys(Filter, total)
    owner.id = 2**63 - 1
    return Page(which, lines, 99_999, 100_001, totals, owner if which is Filter.MINE else None)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("which", Filter)
@pytest.mark.parametrize("name", LONG)
def test_a_page_has_at_most_a_thousand_characters(language: str, which: Filter, name: str) -> None:
    with i18n.speaking(language):
        words, _ = ticket_list(page(which, name, name * 40), TODAY, ZONE).render()

    assert utf16_len(words) <= 1000


@pytest.mark.parametrize("which", Filter)
def test_what_its_buttons_carry_fits(which: Filter) -> None:
    with i18n.speaking("en"):
        keyboard = keyboards.ticket_list(page(which, "Ann", "Hello"), TODAY)

    assert keyboard is not None
    data = [one.callback_data or "" for row in keyboard.inline_keyboard for one in row]
    assert all(1 <= len(one.encode()) <= 64 for one in data)
    pages = [TicketsPage.unpack(one) for one in data if one.startswith("tickets:")]
    assert [one.which for one in pages[:2]] == [which, which]
    assert {one.which for one in pages[2:]} == set(Filter)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("one\n🔶 #2 · Bob", "“one 🔶 #2 · Bob”"),
        ("\u202eturned", "“turned”"),
        ("w " * 30, "“" + "w " * 19 + "w …”"),
        ("\u3164", "[a message]"),
        (None, "[a message]"),
    ],
)
def test_nothing_that_is_quoted_can_be_taken_for_a_line(said: str | None, shown: str) -> None:
    one = page(Filter.OURS, "Ann", "", total=1)
    line = Line(one.lines[0].ticket, Message(text=said, kind="text"), None)
    one = Page(Filter.OURS, [line], 0, 1, one.totals)

    with i18n.speaking("en"):
        words, _ = ticket_list(one, TODAY, ZONE).render()

    assert words.splitlines()[3:] == [shown]


def test_a_list_of_an_older_version_had_only_a_number() -> None:
    assert TicketsPage.unpack("tickets:3") == TicketsPage(number=3, which=Filter.ALL)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (Place(-1001234567890, 5), "https://t.me/c/1234567890/5"),
        (Place(-1000000000001, 5), "https://t.me/c/1/5"),
        (Place(-4000000001, 5), None),
        (Place(-999999999999, 5), None),
        (Place(7, 5), None),
        (Place(-1001234567890, 5, 77), None),
    ],
)
def test_messages_of_supergroups_have_links(place: Place, url: str | None) -> None:
    assert message_url(place) == url
