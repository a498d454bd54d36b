"""A staff chat that is a forum: each open ticket goes on in a thread of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.team import StaffChat, StaffMode
from sandbox.client import Message as Seen
from sandbox.model import Json
from sandbox.topics import ICONS
from services.delivery import recent_sends
from services.helpdesk import staff_chats, staff_modes
from services.invariants import check
from tests.services.factories import MINUTE
from tests.support.office import USERNAME, Office, Sessions, now, open_office
from tests.support.times import NOON

# Tickets follow no earlier.
LATER = NOON + MINUTE

# What Telegram counts when a message landed in General: two threads, each with a card, and twice
# the message.
COUNTED = 6


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        yield office


async def settled(office: Office) -> None:
    """Wait until the bot knows whether its group is a forum."""
    async with asyncio.timeout(30):
        # A database does not tell when it changes.
        while not (chat := await chat_of(office)) or chat.mode is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def chat_of(office: Office) -> StaffChat | None:
    """Read what is known of the staff chat, if it is chosen yet."""
    async with office.sessions() as session:
        return await staff_chats.at(session, office.support.id)


async def test_a_first_message_opens_a_thread_with_its_card(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")

    card = await forum.opens(ann, "The printer is on fire")

    assert card.thread is not None
    made = await forum.telegram.calls("createForumTopic")
    assert [one["params"]["name"] for one in made] == ["Ann"]


async def test_what_follows_goes_to_the_same_thread(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await ann.writes("It is out now")
    later: Seen = await forum.sees("It is out now")

    assert later.thread == card.thread
    assert len(await forum.telegram.calls("createForumTopic")) == 1


async def hears_all(office: Office) -> None:
    """Have all go to users that staff write in threads."""
    async with office.sessions.begin() as session:
        chat = await staff_chats.main(session)
        await staff_modes.choose_hearing(session, chat, everything=True)


async def writes(office: Office, text: str, where: Seen | None) -> None:
    """Have Kate write in the thread of a message, or in General, in reply to nothing."""
    thread = where.thread if where is not None else None
    await office.kate.writes(text, to=office.support, thread=thread, plain=True)


async def test_what_staff_write_in_the_thread_goes_to_its_user(forum: Office) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await writes(forum, "Is it plugged in?", card)

    await ann.sees("Is it plugged in?")


async def test_until_the_team_chooses_only_replies_go_to_users(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await writes(forum, "Who knows about printers?", card)
    await forum.kate.replies(card, "Is it plugged in?")

    await ann.sees("Is it plugged in?")
    assert not [one for one in await ann.chat.messages() if "Who knows" in one.text]


@pytest.mark.parametrize("words", ["// she is angry", "nobody's"])
async def test_notes_and_what_is_in_general_stay_among_staff(forum: Office, words: str) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await writes(forum, words, card if words.startswith("//") else None)
    await writes(forum, "Is it plugged in?", card)

    await ann.sees("Is it plugged in?")
    assert not [one for one in await ann.chat.messages() if words in one.text]


async def test_a_command_in_a_thread_means_its_ticket(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await closes(forum, card)
    await forum.telegram.advance(11)

    await ann.sees("is closed")


async def closes(office: Office, card: Seen) -> None:
    """Have Kate close the ticket by a command in its thread."""
    await writes(office, f"/close@{USERNAME}", card)
    await office.all_goes()


async def test_the_next_ticket_of_a_person_takes_their_thread(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closes(forum, card)
    await forum.telegram.advance(8 * 24 * 3600)

    await ann.writes("Now the door is stuck")
    later = await forum.sees("Now the door is stuck")

    assert later.thread == card.thread
    assert len(await forum.telegram.calls("createForumTopic")) == 1


async def test_another_ticket_of_a_person_gets_another_thread(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await ann.writes("/new The door is stuck")
    other = await forum.sees("The door is stuck")

    assert other.thread not in {None, card.thread}


async def test_a_ticket_that_reopens_while_its_thread_is_taken_gets_another(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closes(forum, card)
    await ann.writes("/new The door is stuck")
    other = await forum.sees("The door is stuck")

    await writes(forum, f"/reopen@{USERNAME} 1", None)
    again = await forum.sees("The printer is on fire", after=other)

    assert (other.thread, again.thread is None) == (card.thread, False)
    assert again.thread != other.thread


async def test_a_deleted_thread_is_made_anew_with_its_card(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    assert card.thread is not None
    await forum.support.loses_topic(card.thread)

    await ann.writes("It is out now")
    later = await forum.sees("It is out now")
    above = await forum.sees("The printer is on fire")

    assert later.thread == above.thread != card.thread
    assert above.id < later.id


async def test_an_answer_to_what_is_elsewhere_is_shown_in_the_thread(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closes(forum, card)
    await ann.writes("/new The door is stuck")
    other = await forum.sees("The door is stuck")
    await writes(forum, f"/reopen@{USERNAME} 1", None)
    again = await forum.sees("The printer is on fire", after=other)

    await forum.kate.replies(card, "Is it plugged in?")
    await ann.sees("Is it plugged in?")
    shown = await forum.sees("answered elsewhere")

    assert shown.thread == again.thread
    assert "Is it plugged in?" in shown.text


async def test_without_the_right_tickets_go_on_under_cards_and_staff_are_told_once(
    forum: Office,
) -> None:
    await forum.support.bot_becomes("member")
    ann = await forum.telegram.user("Ann")
    bob = await forum.telegram.user("Bob")

    cards = [await forum.opens(ann, "The printer is on fire"), await forum.opens(bob, "Hello?")]
    told = await forum.sees("can't make topics")

    assert {card.thread for card in [*cards, told]} == {None}
    assert len([one for one in await forum.support.messages() if "can't make" in one.text]) == 1


async def test_a_thread_whose_number_can_not_be_read_is_none_to_rely_on(forum: Office) -> None:
    await forum.telegram.breaks("garbage", method="createForumTopic", chat_id=forum.support.id)
    ann = await forum.telegram.user("Ann")

    card = await forum.opens(ann, "The printer is on fire")
    await forum.telegram.advance(601)
    moved = await forum.sees("The printer is on fire", after=card)

    assert (card.thread, moved.thread is None) == (None, False)


async def test_once_the_right_is_back_tickets_move_to_threads(forum: Office) -> None:
    await forum.support.bot_becomes("member")
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await forum.sees("can't make topics")

    await forum.support.bot_becomes("administrator")
    moved = await forum.sees("The printer is on fire", after=card)

    assert moved.thread is not None


async def test_a_switch_to_forum_and_back_takes_open_tickets_along(
    file_sessions: Sessions,
) -> None:
    async with open_office(
        file_sessions, forum=True, bot="administrator", staff_mode="plain"
    ) as office:
        await settled(office)
        ann = await office.telegram.user("Ann")
        card = await office.opens(ann, "The printer is on fire")
        for mode in (StaffMode.FORUM, StaffMode.PLAIN):
            async with office.sessions.begin() as session:
                chat = await staff_chats.main(session)
                await staff_modes.choose(session, chat, mode, now=now(office.sandbox))
            moved = await office.sees("The printer is on fire", after=card)
            assert (moved.thread is None) is (mode is StaffMode.PLAIN)
            where = "outside this topic" if moved.thread is None else "in another topic"
            old = await office.kate.sees_edit(card, f"#1 continues {where}.")
            assert old.entities[0]["url"].endswith(f"/{moved.id}")
            await office.kate.replies(card, f"Yes, {mode}")
            await ann.sees(f"Yes, {mode}")
            card = moved


async def test_a_thread_shows_by_its_icon_who_has_to_act(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()
    await shows(forum, card, "❗️")

    await forum.kate.replies(card, "Is it plugged in?")
    await ann.sees("Is it plugged in?")
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()
    await shows(forum, card, "💬")
    await ann.writes("It is")
    await forum.sees("It is")
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()

    await shows(forum, card, "❗️")
    for line in await forum.support.messages():
        if "forum_topic_edited" in line.raw:
            await forum.kate.sees_gone(line)


async def test_a_thread_shows_what_is_owed_again_after_a_merge(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    first = await forum.opens(ann, "The printer is on fire")
    await ann.writes("/new My parcel is lost")
    second = await forum.sees("My parcel is lost")
    answer = await forum.kate.replies(first, "Is it plugged in?")
    await ann.sees("Is it plugged in?")
    await forum.kate.replies(second, "We look for it")
    await ann.sees("We look for it")
    merged = await forum.kate.writes("/merge 1 2", to=forum.support)
    card = await forum.sees("Merged with #2", after=merged)
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()
    await shows(forum, card, "💬")

    await forum.kate.edits(answer, "// Is it plugged in?")
    owed = await forum.sees("The printer is on fire", after=card)
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()

    assert owed.thread == card.thread
    await shows(forum, owed, "❗️")


async def test_the_thread_that_a_merge_frees_shows_that_its_ticket_is_closed(
    forum: Office, sqlite_url: str
) -> None:
    ann = await forum.telegram.user("Ann")
    await forum.opens(ann, "The printer is on fire")
    await ann.writes("/new My parcel is lost")
    freed = await forum.sees("My parcel is lost")

    await forum.kate.writes("/merge 1 2", to=forum.support)
    await forum.sees("Merged with #2")
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()

    await shows(forum, freed, "✅")
    said: list[str] = []
    assert await check.check(sqlite_url, now=now(forum.sandbox), say=said.append) == 0, said


async def shows(office: Office, inside: Seen, emoji: str) -> None:
    """Wait until a thread has this icon."""
    async with asyncio.timeout(30):
        while ICONS.get((await topic_of(office, inside))["icon"]) != emoji:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def topic_of(office: Office, inside: Seen) -> Json:
    return next(one for one in await topics_of(office) if one["id"] == inside.thread)


async def topics_of(office: Office) -> list[Json]:
    chats = (await office.telegram.call("overview"))["chats"]
    (here,) = [one for one in chats if one["id"] == office.support.id]
    topics: list[Json] = here["topics"]
    return topics


async def test_whoever_closes_a_thread_closes_its_ticket(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await close_thread(forum, card)
    await forum.sees("closed · Kate")
    await forum.telegram.advance(11)
    await ann.sees("is closed")

    await close_thread(forum, card, closed=False)
    await ann.sees("is open again")


async def close_thread(office: Office, inside: Seen, *, closed: bool = True) -> None:
    """Have Kate close the thread of a message, or open it again."""
    assert inside.thread is not None
    await office.kate.closes_topic(inside.thread, in_=office.support, closed=closed)


async def test_what_a_user_writes_after_that_opens_the_thread_again(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await close_thread(forum, card)
    await forum.sees("closed · Kate")
    await forum.telegram.advance(11)

    await ann.writes("It burns again")
    again = await forum.sees("It burns again")

    assert again.thread == card.thread
    assert (await topic_of(forum, card))["closed"] is False


async def test_a_message_that_lands_in_general_is_sent_to_a_thread_and_removed(
    forum: Office,
) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await forum.support.drops_threads()
    await ann.writes("It is out now")
    landed = await forum.sees("It is out now")
    await forum.support.drops_threads(drops=False)

    again = await forum.sees("It is out now", after=landed)
    await forum.kate.sees_gone(landed)

    assert landed.thread is None
    assert again.thread not in {None, card.thread}


async def test_where_threads_swallow_all_tickets_go_on_under_cards_until_they_work(
    forum: Office,
) -> None:
    ann = await forum.telegram.user("Ann")
    await forum.opens(ann, "The printer is on fire")
    await forum.support.drops_threads()
    await ann.writes("It is out now")
    told = await forum.sees("can't make topics")
    await forum.says_in_staff_chat()
    in_general = [one for one in await forum.support.messages() if one.thread is None]
    await forum.support.drops_threads(drops=False)

    await forum.telegram.advance(601)
    moved = await forum.support.wait(
        lambda one: one.thread is not None and one.id > told.id and "on fire" in one.text,
        seconds=30,
        wanted="the card in a thread",
    )

    assert len([one for one in in_general if "It is out now" in one.text]) == 1
    assert moved.id > told.id


async def test_talk_under_a_note_stays_among_staff(forum: Office) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    note = await forum.kate.writes(
        "// She is angry", to=forum.support, thread=card.thread, plain=True
    )
    talk = await forum.kate.replies(note, "Quite rude")
    await forum.kate.replies(talk, "Yes, very")
    await writes(forum, "Is it plugged in?", card)

    await ann.sees("Is it plugged in?")
    said = [one.text for one in await ann.chat.messages()]
    assert not [one for one in said if one in {"Quite rude", "Yes, very"}]


async def test_what_was_written_among_staff_is_not_sent_by_a_later_edit(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    among = await forum.kate.writes("Who?", to=forum.support, thread=card.thread, plain=True)
    await forum.all_goes()
    await hears_all(forum)

    await forum.kate.edits(among, "Who knows about printers?")
    await writes(forum, "Is it plugged in?", card)

    await ann.sees("Is it plugged in?")
    assert not [one for one in await ann.chat.messages() if "Who" in one.text]


async def test_a_split_makes_one_thread_and_one_card(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await ann.writes("The door is stuck")
    copy = await forum.sees("The door is stuck")

    await forum.kate.replies(copy, f"/split@{USERNAME}")
    made = await forum.sees("#2 · Ann", after=copy)
    await forum.says_in_staff_chat()

    assert made.thread not in {None, card.thread}
    assert len(await forum.telegram.calls("createForumTopic")) == 2
    assert not [one for one in await forum.support.messages() if "#2 continues" in one.text]


async def test_a_ticket_that_comes_back_to_its_thread_has_its_card_there(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    plain = await switched(forum, StaffMode.PLAIN, card)
    again = await switched(forum, StaffMode.FORUM, plain)

    assert (plain.thread, again.thread) == (None, card.thread)
    assert again.raw["keyboard"]


async def switched(office: Office, mode: StaffMode, card: Seen) -> Seen:
    """Have the team choose where tickets are; return the new card."""
    async with office.sessions.begin() as session:
        chat = await staff_chats.main(session)
        await staff_modes.choose(session, chat, mode, now=now(office.sandbox))
    return await office.sees("The printer is on fire", after=card)


async def test_without_a_thread_and_the_right_the_card_comes_to_general(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    assert card.thread is not None
    await forum.support.bot_becomes("member")
    await forum.support.loses_topic(card.thread)

    await ann.writes("It is out now")
    later = await forum.sees("It is out now")
    above = await forum.sees("The printer is on fire")

    assert (above.thread, later.thread) == (None, None)
    assert above.id < later.id


async def test_a_bot_that_may_not_write_tries_its_threads_and_not_general_too(
    forum: Office,
) -> None:
    ann = await forum.telegram.user("Ann")
    await forum.opens(ann, "The printer is on fire")
    await forum.all_goes()
    await forum.support.bot_becomes("restricted")

    await ann.writes("It is out now")
    await forum.holds_all()

    calls = await forum.telegram.calls("sendMessage")
    tried = [one for one in calls if "It is out now" in one["params"]["text"]]
    assert [(one["status"], "message_thread_id" in one["params"]) for one in tried] == [(400, True)]


async def test_the_next_ticket_after_the_right_is_back_gets_a_thread(forum: Office) -> None:
    await forum.support.bot_becomes("member")
    await forum.opens(await forum.telegram.user("Bob"), "Hello?")
    await forum.sees("can't make topics")
    await forum.support.bot_becomes("administrator")
    await forum.all_goes()

    carl = await forum.opens(await forum.telegram.user("Carl"), "Good evening")

    assert carl.thread is not None


async def test_what_staff_write_in_a_thread_given_up_goes_to_its_user(forum: Office) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await forum.support.drops_threads()
    await ann.writes("It is out now")
    landed = await forum.sees("It is out now")
    await forum.support.drops_threads(drops=False)
    again = await forum.sees("It is out now", after=landed)

    await writes(forum, "Is it plugged in?", card)
    await ann.sees("Is it plugged in?")
    shown = await forum.sees("answered elsewhere")

    assert shown.thread == again.thread != card.thread


async def test_what_staff_write_in_a_thread_that_never_worked_goes_to_its_user(
    forum: Office,
) -> None:
    await hears_all(forum)
    await forum.support.drops_threads()
    ann = await forum.telegram.user("Ann")
    await forum.opens(ann, "The printer is on fire")
    await forum.sees("can't make topics")
    made = next(one for one in await topics_of(forum) if one["name"] == "Ann")

    await forum.kate.writes("Is it on?", to=forum.support, thread=made["id"], plain=True)

    await ann.sees("Is it on?")


async def test_closing_a_thread_that_a_ticket_has_left_closes_no_ticket(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    plain = await switched(forum, StaffMode.PLAIN, card)

    await close_thread(forum, card)
    await forum.kate.replies(plain, "Is it plugged in?")
    await ann.sees("Is it plugged in?")

    assert not [one for one in await ann.chat.messages() if "is closed" in one.text]
    assert not [one for one in await forum.support.messages() if "closed · Kate" in one.text]


async def test_a_restart_knows_of_all_that_was_sent_to_make_a_thread(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    await forum.opens(ann, "The printer is on fire")
    await forum.support.drops_threads()
    await ann.writes("It is out now")
    landed = await forum.sees("It is out now")
    await forum.support.drops_threads(drops=False)
    await forum.sees("It is out now", after=landed)
    await forum.all_goes()

    async with forum.sessions() as session:
        at = now(forum.sandbox)
        known = await recent_sends.since(session, at - MINUTE, now=at)
    methods = ("createForumTopic", "sendMessage")
    calls = [one for name in methods for one in await forum.telegram.calls(name)]
    counted = [one for one in calls if int(one["params"]["chat_id"]) == forum.support.id]
    assert len(counted) == COUNTED
    assert len([chat_id for _, chat_id in known if chat_id == forum.support.id]) >= COUNTED


async def test_an_answer_that_says_only_what_was_sent_sends_nothing_again(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await forum.telegram.breaks("garbage", method="sendMessage", chat_id=forum.support.id)
    await ann.writes("It is out now")
    await forum.sees("It is out now")

    await ann.writes("All is well")
    later = await forum.sees("All is well")

    assert later.thread == card.thread
    assert len([one for one in await forum.support.messages() if "out now" in one.text]) == 1


async def test_each_ticket_comes_back_to_the_thread_that_it_had(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await ann.writes("/new The door is stuck")
    other = await forum.sees("The door is stuck")

    plain = await switched(forum, StaffMode.PLAIN, card)
    await forum.sees("The door is stuck", after=other)
    again = await switched(forum, StaffMode.FORUM, plain)
    beside = await forum.sees("The door is stuck", after=again)

    assert (again.thread, beside.thread) == (card.thread, other.thread)


async def test_a_new_ticket_takes_no_thread_that_another_is_to_come_back_to(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    plain = await switched(forum, StaffMode.PLAIN, card)
    async with forum.sessions.begin() as session:
        chat = await staff_chats.main(session)
        await staff_modes.choose(session, chat, StaffMode.FORUM, now=LATER)

    await ann.writes("/new The door is stuck")
    other = await forum.sees("The door is stuck")
    await forum.telegram.advance(61)
    again = await forum.sees("The printer is on fire", after=plain)

    assert other.thread not in {None, card.thread}
    assert again.thread == card.thread


async def test_after_a_switch_to_cards_what_is_written_in_a_topic_is_asked_about(
    forum: Office,
) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await switched(forum, StaffMode.PLAIN, card)

    await writes(forum, "// She is angry", card)
    await writes(forum, "Is it plugged in?", card)
    question = await forum.sees("which ticket")
    assert question.thread == card.thread
    await forum.kate.presses(question, "#1 · Ann")

    await ann.sees("Is it plugged in?")
    assert not [one for one in await ann.chat.messages() if "angry" in one.text]


async def test_a_switch_to_cards_leaves_it_as_it_is_what_goes_to_users(forum: Office) -> None:
    await hears_all(forum)
    async with forum.sessions.begin() as session:
        chat = await staff_chats.main(session)
        await staff_modes.switch(session, chat, StaffMode.PLAIN, by=None, now=NOON)
        assert (await staff_chats.main(session)).hears_threads
        chat = await staff_chats.main(session)
        await staff_modes.switch(session, chat, StaffMode.FORUM, by=None, now=NOON)
        assert not (await staff_chats.main(session)).hears_threads


async def test_a_close_by_somebody_whom_nobody_knows_for_staff_is_undone(forum: Office) -> None:
    """Telegram did not say in time whether they are in the group; members can't write there."""
    ann, bob = await forum.telegram.user("Ann"), await forum.telegram.user("Bob")
    card = await forum.opens(ann, "The printer is on fire")
    await bob.becomes("administrator", in_=forum.support)
    for method in ("getChatMember", "getChat"):
        await forum.telegram.breaks(
            "error", method=method, times=None, status=500, description="Internal Server Error"
        )
    assert card.thread is not None

    await bob.closes_topic(card.thread, in_=forum.support)
    await forum.telegram.called("reopenForumTopic")
    await forum.all_goes()

    assert not (await topic_of(forum, card))["closed"]
    assert not [one for one in await ann.chat.messages() if "is closed" in one.text]
