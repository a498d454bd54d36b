"""Cards, sentences and names: what a notice becomes when its turn has come."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiogram.methods import EditMessageText
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.client import SendText
from bot.texts import names, on_cards, refusals
from bot.wording.calls import Call
from core.text import utf16_len
from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Ticket, TicketStatus, User
from services import notices, outbox
from services import ticket_service as tickets
from services.helpdesk import cards, owners
from services.helpdesk.content import Content
from services.notices import Notice
from services.problems import Problem, SeveralTickets, UserHasMostTickets
from tests.bot.wording.wall import Wall, at
from tests.services import factories, test_problems
from tests.services.factories import ANN, HOUR, STAFF, content, photo
from tests.support.times import NOON

USER = ANN.telegram_id


@pytest.fixture
async def ticket(session: AsyncSession) -> Ticket:
    """Have Ann's ticket #7 with a question on it."""
    made = await factories.ticket(session)
    await factories.message(session, made, content("My order is late"))
    return made


async def post(
    session: AsyncSession, notice: Notice, ticket: Ticket | None, chat_id: int = STAFF
) -> None:
    outbox.post(session, chat_id, notice, now=NOON, ticket=ticket)
    await session.flush()


# Everything has words


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", test_problems.PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_problem_has_words_in_every_language(kind: type[Problem], language: str) -> None:
    with i18n.speaking(language):
        words = refusals.problem(test_problems.made(kind), NOON.date())

    assert words
    assert not re.search("[{}]", words)
    with i18n.speaking(i18n.DEFAULT):
        english = refusals.problem(test_problems.made(kind), NOON.date())
    assert (words == english) is (language == i18n.DEFAULT)


@pytest.mark.parametrize("text", ["{name}", "{0}", "%s", "{", "{{}}"])
def test_what_somebody_typed_is_no_template(text: str) -> None:
    problem = Problem.from_json({"name": "NoSuchTicket", "typed": text})

    assert text in refusals.problem(problem, NOON.date())


@pytest.mark.parametrize(
    ("opened_on", "said"),
    [
        ("2026-11-23", "#7 stays closed: its user already has 5 open tickets."),
        ("2026-11-21", "#7 · 21 Nov stays closed: its user already has 5 open tickets."),
        ("", "#7 stays closed: its user already has 5 open tickets."),
    ],
)
def test_a_refusal_names_a_ticket_with_its_day_if_it_is_another(opened_on: str, said: str) -> None:
    refused = UserHasMostTickets(7, opened_on=opened_on, most=5)

    assert refusals.problem(refused, NOON.date()) == said


# Languages


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "Обращение"), ("en", "Ticket"), ("de", "Ticket"), ("", "Ticket")]
)
async def test_a_user_reads_their_current_language(
    session: AsyncSession, wall: Wall, ticket: Ticket, language: str, words: str
) -> None:
    await post(session, notices.TicketOpened(ticket.id), ticket, USER)
    ticket.user.language = language
    await wall.catch_up()

    assert words in wall.texts(USER)[0]


async def test_staff_hear_their_own_language(session: AsyncSession, ticket: Ticket) -> None:
    wall = Wall(session, language="ru")
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    (card,) = wall.chat()
    assert card.buttons == ["Взять", "Закрыть", "Ещё…"]
    assert "новое" in card.text


async def test_a_stranger_reads_the_language_that_the_update_named(
    session: AsyncSession, wall: Wall
) -> None:
    await post(session, notices.UpdateFailed(None, "ru"), None, 12345)
    await wall.catch_up()

    assert wall.texts(12345) == [
        "У нас что-то пошло не так. Всё сохранено, и наша команда об этом узнает."
    ]


# The card


@pytest.mark.parametrize(
    ("status", "state", "buttons"),
    [
        (TicketStatus.NEW, ("🔶", "new · asked 23 Nov, 12:00 UTC"), ["Take", "Close", "More…"]),
        (TicketStatus.OPEN, ("🟠", "open · asked 23 Nov, 12:00 UTC"), ["Take", "Close", "More…"]),
        (
            TicketStatus.PENDING,
            ("🟦", "answered, waiting for the user · 23 Nov, 12:00 UTC"),
            ["Take", "Close", "More…"],
        ),
        (TicketStatus.ON_HOLD, ("⚪", "on hold · 23 Nov, 12:00 UTC"), ["Take", "Close", "More…"]),
        (TicketStatus.CLOSED, ("✔️", "closed · 23 Nov, 12:00 UTC"), ["Reopen"]),
    ],
)
async def test_a_card_shows_who_must_act_and_what_can_be_done(
    session: AsyncSession,
    wall: Wall,
    ticket: Ticket,
    status: TicketStatus,
    state: tuple[str, str],
    buttons: list[str],
) -> None:
    ticket.status = status
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    (card,), (sign, words) = wall.chat(), state
    assert card.text == f"{sign} #7 · Ann\n{words}\nMy order is late"
    assert card.buttons == buttons
    assert card.formatted("text_mention") == ["Ann"]
    assert card.formatted("code") == ["#7"]
    assert card.formatted("date_time") == ["23 Nov, 12:00 UTC"]


async def test_a_card_shows_the_formatting_of_the_first_message(
    session: AsyncSession, wall: Wall
) -> None:
    ticket = await factories.ticket(session)
    entities = [{"type": "italic", "offset": 3, "length": 5}]
    await factories.message(session, ticket, content("😀 order", entities=entities))
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    assert wall.chat()[0].formatted("italic") == ["order"]


async def test_a_card_says_who_has_the_ticket(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    await owners.take(session, ticket, by=await factories.kate(session), now=NOON)
    await wall.catch_up()

    (card,) = wall.chat()
    assert "open · Kate" in card.text
    assert card.buttons == ["Kate has it", "Close", "More…"]


async def test_a_closed_card_says_by_whom_and_why(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    kate = await factories.kate(session)
    await tickets.close(session, ticket, by=kate, now=NOON, reason="spam")
    await wall.catch_up()

    assert "closed · Kate · spam" in wall.texts()[0]


async def test_a_closed_card_has_room_for_any_reason(session: AsyncSession, wall: Wall) -> None:
    name, sign = "😀" * 128, "w"
    ann = await factories.user(session, name=name, username="u" * 32)
    kate = await factories.user(session, 900, name=name)
    ticket = await factories.ticket(session, user=ann)
    await factories.message(session, ticket, content(sign * 4096))
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    wall.now = at(48)
    await tickets.close(session, ticket, by=kate, now=NOON, reason="because " * 500)
    await wall.catch_up()

    card = wall.chat()[0]
    assert "closed · " in card.text
    assert "because because" in card.text
    assert utf16_len(card.text) <= 4096


async def test_a_card_of_another_day_names_the_day(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    wall.now = at(12)
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    assert "#7 · 23 Nov · Ann" in wall.texts()[0]


async def test_a_first_message_that_is_not_text_is_no_part_of_the_card(
    session: AsyncSession, wall: Wall
) -> None:
    ticket = await factories.ticket(session)
    message = await factories.message(session, ticket, photo("Look"))
    for notice in (notices.CardPosted(ticket.id), notices.QuestionPosted(message.id)):
        await post(session, notice, ticket)
    await wall.catch_up()

    card, picture = wall.chat()
    assert card.text == "🔶 #7 · Ann\nnew · asked 23 Nov, 12:00 UTC"
    assert picture.reply_to == card.id


async def test_a_redraw_without_a_card_says_nothing(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await post(session, notices.CardRedrawn(ticket.id), ticket)
    await wall.catch_up()

    assert wall.calls == []


async def test_older_cards_point_to_the_new_one_and_lose_their_buttons(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()
    for _ in range(2):
        await cards.post_new(session, ticket, now=NOON)
        await wall.catch_up()

    *old, new = wall.chat()
    assert [card.text for card in old] == ["#7 continues below, on a new card."] * 2
    assert [card.buttons for card in old] == [[], []]
    assert new.text.endswith("My order is late")


async def test_a_redraw_changes_the_newest_card_alone(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await post(session, notices.CardPosted(ticket.id), ticket)
    await cards.post_new(session, ticket, now=NOON)
    await wall.catch_up()
    await tickets.close(session, ticket, by=None, now=NOON)
    await wall.catch_up()

    changed = wall.calls[-1] if isinstance(wall.calls[-1], EditMessageText) else wall.calls[-2]
    assert isinstance(changed, EditMessageText)
    assert changed.message_id == wall.chat()[-1].id


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann Bee", "Ann Bee"),
        ("  Ann  ", "Ann"),
        ("<b>Ann</b> & *co*", "<b>Ann</b> & *co*"),
        ("🦊", "🦊"),
        ("!", "!"),
        ("", "id 7"),
        ("   ", "id 7"),
        ("\u200b", "id 7"),
        ("\u200d\u2060\ufeff", "id 7"),
        ("\u3164", "id 7"),
        ("\u2800\u115f", "id 7"),
        ("\u202e", "id 7"),
        ("\u0301", "id 7"),
        ("דנה", "\u200e\u2068דנה\u2069"),
        ("مريم 5", "\u200e\u2068مريم 5\u2069"),
        ("Ann \u202enocilis", "Ann nocilis"),
        ("\u2067Ann", "Ann"),
        ("Ann\u2069\u202e", "Ann"),
        ("דנה\u2069\u202ex", "\u200e\u2068דנהx\u2069"),
    ],
    ids=ascii,
)
def test_a_name_can_be_read_and_turns_nothing_around_it(name: str, shown: str) -> None:
    user = User(telegram_id=7, name=name)

    assert names.person(user) == shown


@pytest.mark.parametrize("name", ["", "\u3164", "דנה\u202e", "😀" * 128, "a\u0301" * 64])
async def test_any_name_is_mentioned_on_the_card(
    session: AsyncSession, wall: Wall, name: str
) -> None:
    ticket = await factories.ticket(session, user=await factories.user(session, name=name))
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    (card,), shown = wall.chat(), names.person(ticket.user)
    assert shown in card.text
    assert card.formatted("text_mention") == ["id" if shown == "id 7" else shown]


async def test_the_id_of_somebody_without_a_name_is_copied_by_a_tap(
    session: AsyncSession, wall: Wall
) -> None:
    ticket = await factories.ticket(session, user=await factories.user(session, name=""))
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    assert wall.chat()[0].formatted("code") == ["#7", "7"]


async def test_a_card_says_when_it_became_the_teams_turn_again(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    ticket.status, ticket.waiting_since = TicketStatus.OPEN, NOON - 2 * HOUR
    await post(session, notices.CardPosted(ticket.id), ticket)
    await wall.catch_up()

    assert "open · came back 23 Nov, 10:00 UTC" in wall.texts()[0]


def test_nothing_in_a_name_is_left_to_turn_what_follows() -> None:
    turning = [
        chr(point)
        for point in range(0x10000)
        if unicodedata.bidirectional(chr(point))
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]

    shown = names.person(User(telegram_id=7, name=f"Ann{''.join(turning)}"))

    assert shown == "Ann"


# Sentences


@pytest.mark.parametrize(
    ("failed", "words", "buttons"),
    [
        (
            notices.AnswerPosted,
            "#7: this did not arrive (Telegram refused: no).",
            ["Send again"],
        ),
        (
            notices.AnswerEdited,
            "#7: this edit did not arrive (Telegram refused: no).",
            ["Send again"],
        ),
        (
            notices.AnswerRetracted,
            "#7: this can't be taken back any more; the user still sees it.",
            [],
        ),
    ],
)
async def test_staff_are_told_what_did_not_arrive_where_they_wrote_it(
    session: AsyncSession,
    wall: Wall,
    ticket: Ticket,
    failed: Callable[[int], Notice],
    words: str,
    buttons: list[str],
) -> None:
    answer = await factories.message(session, ticket, content(chat_id=STAFF), Direction.ANSWER)
    lost = await factories.delivery(
        session, failed(answer.id), ticket, chat_id=USER, status="failed"
    )
    await post(session, notices.DeliveryFailed(ticket.id, lost.id, "no"), ticket)
    await wall.catch_up()

    (told,) = wall.chat()
    assert (told.text, told.reply_to, told.buttons) == (words, answer.message_id, buttons)


async def test_what_a_user_wrote_and_staff_can_t_see_is_told_under_the_card(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    await post(session, notices.CardPosted(ticket.id), ticket)
    lost = await factories.delivery(
        session, notices.QuestionPosted(message.id), ticket, status="failed"
    )
    await post(session, notices.DeliveryFailed(ticket.id, lost.id, "no"), ticket)
    await post(session, notices.QuestionFailed(message.id), ticket, USER)
    await wall.catch_up()

    card, told = wall.chat()
    (to_user,) = wall.chat(USER)
    assert told.reply_to == card.id
    assert to_user.reply_to == message.message_id


async def test_a_failure_without_a_card_is_told_all_the_same(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    lost = await factories.delivery(session, notices.CardPosted(ticket.id), ticket, status="failed")
    await post(session, notices.DeliveryFailed(ticket.id, lost.id, "no"), ticket)
    await wall.catch_up()

    assert [told.reply_to for told in wall.chat()] == [None]


async def test_that_a_user_is_back_is_told_under_the_card(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    await missed(session, ticket)
    for notice in (notices.CardPosted(ticket.id), notices.UserReturned(ticket.id)):
        await post(session, notice, ticket)
    await wall.catch_up()

    card, told = wall.chat()
    assert told.reply_to == card.id
    assert "the user is back" in told.text
    assert told.buttons == ["Send again"]


async def test_a_return_is_no_news_if_all_was_sent_again_meanwhile(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    lost = await missed(session, ticket)
    lost.status = DeliveryStatus.DELIVERED
    for notice in (notices.CardPosted(ticket.id), notices.UserReturned(ticket.id)):
        await post(session, notice, ticket)
    await wall.catch_up()

    assert len(wall.chat()) == 1


async def missed(session: AsyncSession, ticket: Ticket) -> Delivery:
    """Have an answer that did not arrive."""
    written = factories.content(chat_id=factories.STAFF)
    answer = await factories.message(session, ticket, written, Direction.ANSWER)
    lost = notices.AnswerPosted(answer.id)
    chat_id = ticket.user.telegram_id
    return await factories.delivery(session, lost, ticket, chat_id=chat_id, status="failed")


async def several_tickets(session: AsyncSession, number: int) -> SeveralTickets:
    """Have a refusal that names this many tickets."""
    ann = await factories.user(session)
    closed = {"status": TicketStatus.CLOSED, "user": ann}
    made = [await factories.ticket(session, daily_id, **closed) for daily_id in range(number)]
    labels = [f"2026-11-22/{one.daily_id}" for one in made]
    return SeveralTickets("close", [one.id for one in made], labels)


async def test_a_command_without_buttons_is_to_be_typed_again(
    session: AsyncSession, wall: Wall
) -> None:
    several = replace(await several_tickets(session, 2), command="escalate")
    await post(session, notices.Refusal(several.to_json(), 5, ""), None)
    await wall.catch_up()

    (asked,) = wall.chat()
    assert asked.text == (
        "Several tickets have this number. Write /escalate 2026-11-22/0 or /escalate 2026-11-22/1"
    )
    assert not asked.buttons


async def test_which_of_several_is_asked_with_buttons(session: AsyncSession, wall: Wall) -> None:
    several = await several_tickets(session, 2)
    await post(session, notices.Refusal(several.to_json(), 5, ""), None)
    await wall.catch_up()

    (asked,) = wall.chat()
    assert (asked.text, asked.reply_to) == ("Several tickets have this number. Which one?", 5)
    assert asked.buttons == ["#0 · Ann", "#1 · Ann"]


async def test_however_many_have_the_number_the_question_can_be_asked(
    session: AsyncSession, wall: Wall
) -> None:
    """Telegram takes at most 100 buttons."""
    several = await several_tickets(session, 120)
    await post(session, notices.Refusal(several.to_json(), 5, ""), None)
    await wall.catch_up()

    assert 1 < len(wall.chat()[0].buttons) <= 100


# What is not text


PLACE = {"location": {"latitude": 53.5, "longitude": 10.0}}
POLL = {"poll": {"question": "?", "type": "regular", "options": [{"text": "a"}, {"text": "b"}]}}


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (photo("Look"), ["SendPhoto"]),
        (content("Look", kind="voice", file_id="v"), ["SendVoice"]),
        (content(None, kind="sticker", file_id="s"), ["SendSticker"]),
        (content(None, kind="video_note", file_id="n"), ["SendVideoNote"]),
        (content(None, kind="location", details=PLACE), ["SendLocation"]),
        (content(None, kind="poll", details=POLL), ["SendPoll"]),
        (content(None, kind="location"), []),  # stored by a version that kept no details
        (content(None, kind="dice"), []),
    ],
    ids=lambda value: value.kind if isinstance(value, Content) else "",
)
async def test_content_is_copied_or_sent_from_what_is_stored_or_described(
    session: AsyncSession, wall: Wall, ticket: Ticket, written: Content, instead: list[str]
) -> None:
    message = await factories.message(session, ticket, written)
    await post(session, notices.QuestionPosted(message.id), ticket)

    (parcel,) = await wall.parcels()

    assert parcel is not None
    assert isinstance(parcel.call, Call)
    assert type(parcel.call.method).__name__ == "CopyMessage"
    assert [type(other).__name__ for other in parcel.call.instead] == instead
    described = parcel.call.described
    assert isinstance(described, SendText)
    assert described.text.startswith("[")


def fields_of(method: Any) -> dict[str, Any]:
    return {name: value for name, value in method if value is not None}


async def test_an_album_is_sent_by_its_files_with_their_captions(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    for caption in ("one", None, "three"):
        item = photo(caption, media_group_id="album")
        message = await factories.message(session, ticket, item)
        await outbox.post_content(
            session, STAFF, notices.QuestionPosted(message.id), "album", now=NOON, ticket=ticket
        )
    wall.now = at(1)
    await wall.catch_up()

    (album,) = wall.calls
    assert [item.caption for item in fields_of(album)["media"]] == ["one", None, "three"]
    assert len(wall.chat()) == 3


async def test_an_edited_caption_changes_the_copy(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket, photo("Look"))
    await post(session, notices.QuestionPosted(message.id), ticket)
    await wall.catch_up()
    message.text, message.revision = "Look here", 1
    for _ in range(2):
        await post(session, notices.QuestionEdited(message.id), ticket)
        await wall.catch_up()

    methods = [type(call).__name__ for call in wall.calls]
    assert methods == ["CopyMessage", "EditMessageMedia"]
    assert fields_of(wall.calls[1])["media"].caption == "Look here"


@pytest.mark.parametrize("kind", ["sticker", "poll", "location", "video_note"])
async def test_what_nobody_can_edit_comes_again_below_its_copy(
    session: AsyncSession, wall: Wall, ticket: Ticket, kind: str
) -> None:
    file_id = "f" if kind in {"sticker", "video_note"} else None
    message = await factories.message(session, ticket, content(None, kind=kind, file_id=file_id))
    await post(session, notices.QuestionPosted(message.id), ticket)
    await wall.catch_up()
    message.revision = 1
    for _ in range(2):
        await post(session, notices.QuestionEdited(message.id), ticket)
        await wall.catch_up()

    methods = [type(call).__name__ for call in wall.calls]
    assert methods == ["CopyMessage", "CopyMessage"]
    first, second = wall.chat()
    assert second.reply_to == first.id


@pytest.mark.parametrize(
    ("waiting", "words"),
    [(1, "ещё 1 сообщение"), (3, "ещё 3 сообщения"), (43, "ещё 43 сообщения"), (25, "сообщений")],
)
def test_a_backlog_is_counted_in_russian(waiting: int, words: str) -> None:
    with i18n.speaking("ru"):
        assert words in on_cards.backlog(waiting, 2)


def test_a_backlog_is_one_line_with_messages_and_minutes() -> None:
    assert on_cards.backlog(43, 2) == "⏳ 43 more waiting, about 2 min"
    most = on_cards.backlog(1000, 50, at_least=True)
    assert most == "⏳ over 1000 more waiting, more than 50 min"
