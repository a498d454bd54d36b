"""Every notice has words, in each language that the bot speaks."""

from dataclasses import fields
from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.client import SendText
from bot.outgoing.composer import Composer
from bot.wording import registry
from bot.wording.calls import Call
from core.team import StaffMode, Team
from database.machinery import DeliveryStatus, LostSend
from database.models import Direction, KeptReason, LinkKind, Message, Ticket, TicketStatus
from database.team import Board, Thread
from services import notices, update_records
from services.helpdesk import (
    dialogues,
    kept_words,
    staff_chat_changes,
    staff_chats,
    staff_rights,
)
from services.helpdesk.staff_rights import Rights
from services.helpdesk.team_settings import Words
from services.notices import Notice
from services.problems import NotForYou
from tests.services import factories
from tests.services.factories import ANN, STAFF, content
from tests.support.times import NOON

NOTICES = sorted(Notice.registry.values(), key=lambda kind: kind.__name__)
USER = ANN.telegram_id
# How the names of Telegram's methods begin that make no message.
CHANGES = ("edit", "delete", "setMessageReaction", "pin", "unpin", "close")

TO_USERS = {
    notices.AnswerEdited,
    notices.AnswerPosted,
    notices.AnswerRetracted,
    notices.NoRoomForAnother,
    notices.QuestionFailed,
    notices.TicketClosed,
    notices.TicketJoined,
    notices.TicketOpened,
    notices.TicketReopened,
    notices.UpdateFailed,
    notices.WordsWanted,
}
ABOUT_ANSWERS = {
    notices.AnswerDelivered,
    notices.AnswerEdited,
    notices.AnswerPosted,
    notices.AnswerRetracted,
    notices.OnlyDescribed,
}
ABOUT_NOTES = {notices.AnswerMayRemain, notices.CopyMayRemain, notices.NoteKept}


def test_every_notice_has_a_wording() -> None:
    assert set(registry.wordings()) == set(NOTICES)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", NOTICES, ids=lambda kind: kind.__name__)
async def test_every_notice_is_worded_in_every_language(
    session: AsyncSession, kind: type[Notice], language: str
) -> None:
    ticket = await ticket_of_somebody_who_speaks(session, language, kind)
    notice = await sample(session, ticket, kind)
    chat_id = USER if kind in TO_USERS else STAFF
    delivery = await factories.delivery(session, notice, ticket, chat_id=chat_id)

    parcel = await Composer(Team(STAFF, language, UTC), lambda: NOON)(session, [delivery])

    assert parcel is not None
    assert parcel.address.chat_id == chat_id


@pytest.mark.parametrize("kind", NOTICES, ids=lambda kind: kind.__name__)
async def test_a_refused_change_of_a_message_says_nothing_about_its_chat(
    session: AsyncSession, kind: type[Notice]
) -> None:
    """Telegram may refuse an edit or a deletion in a group that takes every message."""
    ticket = await ticket_of_somebody_who_speaks(session, "en", kind)
    notice = await sample(session, ticket, kind)
    chat_id = USER if kind in TO_USERS else STAFF
    delivery = await factories.delivery(session, notice, ticket, chat_id=chat_id)

    parcel = await Composer(Team(STAFF, "en", UTC), lambda: NOON)(session, [delivery])

    assert parcel is not None
    assert isinstance(parcel.call, Call)
    if parcel.call.method.__api_method__.startswith(CHANGES) and not kind.reported:
        assert kind.decorates


async def test_the_card_goes_first_also_before_what_nobody_has_read_ahead(
    session: AsyncSession,
) -> None:
    """A notice that finds out whether its chat takes anything is looked at by itself."""
    ticket = await factories.ticket(session, assigned_staff=await factories.kate(session))
    await factories.thread(session, ticket)
    answer = notices.AnswerPosted((await factories.message(session, ticket)).id)
    failed = await factories.delivery(session, answer, ticket, chat_id=USER)
    notice = notices.DeliveryFailed(ticket.id, failed.id, "Bad Request: no", doubted=True)
    delivery = await factories.delivery(session, notice, ticket, chat_id=STAFF)
    await session.flush()
    session.expunge_all()

    parcel = await Composer(Team(STAFF, "en", UTC), lambda: NOON)(session, [delivery])

    assert parcel is not None
    assert parcel.prepares
    assert isinstance(parcel.call, Call)
    assert isinstance(parcel.call.method, SendText)
    assert "Kate" in str(parcel.call.method.reply_markup)


async def test_whoever_has_only_one_ticket_left_is_offered_no_other_one(
    session: AsyncSession,
) -> None:
    ticket = await factories.ticket(session)
    await factories.ticket(session, 8, user=ticket.user, status=TicketStatus.CLOSED)
    joined = notices.TicketJoined((await factories.message(session, ticket)).id)
    delivery = await factories.delivery(session, joined, ticket, chat_id=USER)

    parcel = await Composer(Team(STAFF, "en", UTC), lambda: NOON)(session, [delivery])
    assert parcel is not None
    assert isinstance(parcel.call, Call)
    said = parcel.call.method
    assert isinstance(said, SendText)
    assert (said.text, said.reply_markup) == ("Added to ticket #7.", None)


async def ticket_of_somebody_who_speaks(
    session: AsyncSession, language: str, kind: type[Notice]
) -> Ticket:
    ticket = await factories.ticket(session)
    ticket.user.language = language
    if kind is notices.TicketJoined:
        await factories.ticket(session, 8, user=ticket.user, is_current=False)
    ticket.wants_thread = kind is notices.ThreadWanted
    if kind in {notices.ThreadRedrawn, notices.ThreadDeleted, notices.CardPinned}:
        await factories.thread(session, ticket, name="Ann before")
        await factories.staff_chat(session)
        await staff_rights.note(session, STAFF, Rights(may_pin=True, may_delete=True))
    if kind is notices.ThreadShut:
        await factories.staff_chat(session)
        forum = await staff_chats.main(session)
        await staff_chat_changes.change(session, forum, mode=StaffMode.FORUM, closes_threads=True)
        await factories.thread(session, ticket)
        ticket.status = TicketStatus.CLOSED
    await factories.link(session, ticket, 100)
    await factories.link(session, ticket, 101)
    return ticket


async def sample(session: AsyncSession, ticket: Ticket, kind: type[Notice]) -> Notice:
    """Make a notice that has something to say; each of its fields has a value that fits."""
    message_id = await message(session, ticket, kind)
    if kind is notices.NoRoomForAnother:
        return kind((await session.get_one(Message, message_id)).message_id, ticket.user.language)
    failed = notices.AnswerPosted(message_id)
    under_way = kind is notices.StillUnderWay
    status = DeliveryStatus.WAITING if under_way else DeliveryStatus.FAILED
    delivery = await factories.delivery(session, failed, ticket, chat_id=USER, status=status)
    dead = await update_records.set_aside(
        session, {"update_id": 5}, "Traceback", staff_chat_id=STAFF, now=NOON
    )
    said, reason = content("Hello?", chat_id=STAFF), KeptReason.UNCONFIRMED
    words = await kept_words.keep(session, said, reason, author=None, speaker_id=5, now=NOON)
    asked = {"key": Words.CONFIRMATION.value, "language": ticket.user.language}
    dialogue = await dialogues.begin(session, STAFF, USER, "words", asked, now=NOON)
    dialogue.question_id = 50
    board = Board(chat_id=STAFF, message_id=message_id, is_pinned=False, shown="")
    session.add(board)
    await session.flush()
    thread = await session.scalar(select(Thread))
    if thread is not None and kind is notices.CardPinned:
        await factories.link(session, ticket, message_id, thread_id=thread.thread_id)
    values: dict[str, Any] = {
        "asked_in": STAFF,
        "board_id": board.id,
        "buttons": None,
        "chat_id": STAFF,
        "dead_update_id": dead.id,
        "delivery_id": delivery.id,
        "dialogue_id": dialogue.id,
        "doubted": False,
        "entities": [],
        "is_main": True,
        "key": Words.CONFIRMATION.value,
        "language": ticket.user.language,
        "mark": words.mark,
        "menu_id": None,
        "message_id": message_id,
        "new_id": STAFF - 1,
        "old_id": STAFF,
        "others": [],
        "our_turn": True,
        "again": False,
        "person_id": None,
        "thread_id": 7,
        "thread_key": thread.id if thread is not None else None,
        "problem": NotForYou().to_json(),
        "reason": "Bad Request: no",
        "reply_to": 5,
        "said": "",
        "since": 0,
        "speaker_id": USER,
        "ticket_id": ticket.id,
        "told_as": None,
        "told_in": STAFF,
        "whisper": None,
        "words": "Nobody waits",
        "mode": "forum",
        "everything": True,
        "by_id": None,
        "closes": True,
        "days": 30,
    }
    return kind(**{field.name: values[field.name] for field in fields(kind)})


async def message(session: AsyncSession, ticket: Ticket, kind: type[Notice]) -> int:
    """Have a message of the right sort; what edits or takes back has a copy to do it to."""
    direction = Direction.QUESTION
    if kind in ABOUT_ANSWERS or kind in {notices.StillUnderWay, notices.UserReturned}:
        direction = Direction.ANSWER
    if kind in ABOUT_NOTES:
        direction = Direction.NOTE
    chat_id = USER if direction is Direction.QUESTION else STAFF
    made = await factories.message(session, ticket, content(chat_id=chat_id), direction)
    made.revision = 1
    to = USER if kind in TO_USERS or kind in ABOUT_NOTES else STAFF
    if kind not in {notices.AnswerPosted, notices.QuestionPosted}:
        copy = {"kind": LinkKind.COPY, "chat_id": to, "copy_of": made.id}
        await factories.link(session, ticket, 102, **copy)
    if kind is notices.CopyMayRemain:
        lost = {"delivery_id": 1, "part": 0, "since": NOON, "until": NOON}
        session.add(LostSend(ticket_id=ticket.id, chat_id=USER, copies=[made.id], **lost))
    return made.id
