"""`/board`: a pinned message of a staff chat that says what waits."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, select

from database.machinery import Delivery, Timer
from database.team import Board
from sandbox.client import Chat, Message, User
from services import outbox
from services.helpdesk import boards
from tests.support.office import USERNAME, Office, Sessions, formatted, open_office, timeless

LOOK = boards.EDITED_EVERY.total_seconds()
OLD = 49 * 3600
HEAD = "for our answer"


@pytest.fixture
async def office(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office whose bot may pin."""
    async with open_office(file_sessions, bot="administrator") as office:
        yield office


@pytest.fixture
async def supergroup(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, supergroup=True, bot="administrator") as office:
        yield office


async def turns(office: Office, how: str = "on", *, to: Chat | None = None) -> Message:
    """Have Kate type the command; return it."""
    return await office.kate.writes(f"/board@{USERNAME} {how}", to=to or office.support)


async def hangs(office: Office, head: str = HEAD) -> Message:
    """Turn it on, and wait until it is pinned and nothing is told of that."""
    command = await turns(office)
    board = await office.sees(head, after=command)
    await rests(office)
    assert await pinned(office) == [board.id]
    return board


async def rests(office: Office) -> None:
    """Wait until the board is as it is to be now, with all that belongs to it."""
    while await _is_busy(office):
        await office.all_goes()


async def _is_busy(office: Office) -> bool:
    async with office.sessions() as session:
        waits = select(Delivery.id).where(
            Delivery.lane == outbox.BOARDS, Delivery.status.in_(["waiting", "claimed"])
        )
        pending = (await office.telegram.status())["pending_updates"]
        return bool(pending) or await session.scalar(waits.limit(1)) is not None


async def looks(office: Office) -> None:
    """Let the time of a look pass, and what it brings about."""
    calls = await _set_at(office)
    await office.telegram.advance(LOOK)
    while await _set_at(office) == calls:
        await office.all_goes()
    await rests(office)


async def _set_at(office: Office) -> object:
    async with office.sessions() as session:
        kind = boards.BoardLook.kind
        return await session.scalar(select(Timer.set_at).where(Timer.kind == kind))


async def pinned(office: Office, chat: Chat | None = None) -> list[int]:
    world = office.sandbox.world
    return [one.id for one in world.chats[(chat or office.support).id].pins()]


async def told_of_pins(office: Office) -> list[Message]:
    return [one for one in await office.support.messages() if "pinned_message" in one.raw]


async def reacted(office: Office, message: Message) -> list[str]:
    """List what the bot has marked a message with."""
    await office.all_goes()
    calls = await office.telegram.calls("setMessageReaction")
    return [one["params"]["reaction"] for one in calls if _about(one, message)]


def _about(call: dict[str, Any], message: Message) -> bool:
    return int(call["params"]["message_id"]) == message.id


async def edits(office: Office, since: int) -> int:
    calls = (await office.telegram.calls())[since:]
    return len([one for one in calls if one["method"] == "editMessageText"])


async def test_the_board_says_what_waits_and_is_pinned_without_a_sound(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "My order is late")
    card = await office.opens(bob, "Which size?")
    await office.kate.replies(card, "Yours")
    await bob.sees("Yours")

    board = await hangs(office)

    assert timeless(board).splitlines() == [
        "1 ticket waits for our answer",
        "",
        "🔶 #1 · Alice · ⏱",
        "“My order is late”",
        "",
        "1 ticket waits for its user",
    ]
    assert board.buttons == ["Show #1"]
    assert board.raw["silent"]
    assert await told_of_pins(office) == []


@pytest.mark.parametrize("typed", ["It comes today", "/close", "/split"])
async def test_a_reply_to_the_board_reaches_nobody_and_is_told_what_to_reply_to(
    office: Office, alice: User, typed: str
) -> None:
    await office.opens(alice, "My order is late")
    board = await hangs(office)

    await office.kate.replies(board, typed)

    said = (await office.sees("This message is the board")).text
    assert "reply to the ticket's card" in said
    assert "/close 7" in said
    assert not any("It comes" in one.text for one in await alice.chat.messages())
    assert "new · asked" in (await office.sees("new · asked")).text


async def test_a_picture_in_reply_to_the_board_is_told_so_too(office: Office) -> None:
    board = await hangs(office, "All tickets are closed.")

    await office.kate.sends_photo("It comes today", reply_to=board)

    await office.sees("This message is the board")


async def test_a_command_with_a_number_works_in_reply_to_the_board(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    board = await hangs(office)

    await office.kate.replies(board, "/close 1")

    await office.kate.sees_edit(card, "closed · Kate")


async def test_in_a_supergroup_numbers_are_links_to_the_cards(supergroup: Office) -> None:
    alice = await supergroup.telegram.user("Alice")
    card = await supergroup.opens(alice, "My order is late")
    await supergroup.all_goes()

    board = await hangs(supergroup)

    number = str(supergroup.support.id).removeprefix("-100")
    links = [one["url"] for one in board.entities if one["type"] == "text_link"]
    assert links == [f"https://t.me/c/{number}/{card.id}"]
    assert formatted(board, "text_link") == ["#1"]
    assert board.buttons == []


async def test_show_on_the_board_leads_to_the_card(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    board = await hangs(office)

    await office.kate.presses(board, "Show #1")

    shown = await office.sees("#1 · Alice. A reply to this message")
    assert shown.reply_to == card.id


async def test_it_is_edited_when_something_changed_and_only_then(
    office: Office, alice: User
) -> None:
    board = await hangs(office, "All tickets are closed.")
    card = await office.opens(alice, "My order is late")

    await looks(office)
    await office.kate.sees_edit(board, "1 ticket waits for our answer")
    calls = len(await office.telegram.calls())
    for _look in range(3):
        await looks(office)
    assert await edits(office, calls) == 0

    await office.kate.replies(card, "/close")
    await office.kate.sees_edit(card, "closed · Kate")
    await looks(office)
    await office.kate.sees_edit(board, "All tickets are closed.")
    assert await pinned(office) == [board.id]


async def test_what_does_not_fit_is_counted(office: Office) -> None:
    for number in range(1, 13):
        await (await office.telegram.user(f"User {number}")).writes(f"question {number}")
    await office.sees("question 12")
    await office.all_goes()

    board = await hangs(office)

    assert board.text.splitlines()[0] == "12 tickets wait for our answer"
    assert board.text.splitlines()[-1] == "and 2 more: /tickets"
    assert len(board.buttons) == boards.MOST_SHOWN


async def test_without_the_right_it_stands_unpinned_and_set_up_says_so(
    office: Office, alice: User
) -> None:
    await office.support.bot_becomes("administrator", without=["can_pin_messages"])
    command = await turns(office)
    board = await office.sees("All tickets are closed.")
    said = (await office.sees("The board is on, but not pinned")).text
    assert "make me an administrator with the right to pin messages" in said
    await rests(office)
    assert await pinned(office) == []
    assert await reacted(office, command) == []

    await office.kate.writes(f"/setup@{USERNAME}", to=office.support)
    said = (await office.sees("How the bot and this group")).text
    assert "💡 The bot may not pin messages here, so the board stands unpinned." in said
    assert "→ Make the bot an administrator who may pin messages." in said

    await office.opens(alice, "My order is late")
    await looks(office)
    await office.kate.sees_edit(board, HEAD)
    await office.support.bot_becomes("administrator")
    await rests(office)
    assert await pinned(office) == [board.id]
    await office.kate.writes(f"/setup@{USERNAME}", to=office.support)
    await office.sees("✅ The board can be pinned.")


@pytest.mark.parametrize("why", ["it has the right", "Telegram does not say"])
async def test_turning_it_on_is_marked_as_done_where_nothing_is_known_to_be_missing(
    office: Office, why: str
) -> None:
    if why == "Telegram does not say":
        await office.telegram.breaks("cut_before", method="getChatMember", times=None)

    command = await turns(office)

    await office.sees("All tickets are closed.", after=command)
    await office.kate.sees_reaction(command, "👌")
    assert not any("not pinned" in one.text for one in await office.support.messages())


async def test_turned_off_it_is_gone(office: Office, alice: User) -> None:
    board = await hangs(office, "All tickets are closed.")

    await turns(office, "off")
    await office.all_goes()
    await rests(office)

    assert await office.support.message(board.id) is None
    async with office.sessions() as session:
        assert not (await session.scalars(select(Board))).all()
        assert not (await session.scalars(select(Timer).where(Timer.kind == "board_look"))).all()
    await office.opens(alice, "My order is late")
    await office.telegram.advance(LOOK)
    await office.says_in_staff_chat()
    assert await pinned(office) == []


@pytest.mark.parametrize("supergroup", [False, True], ids=["basic group", "supergroup"])
async def test_one_too_old_to_be_deleted_is_unpinned_and_says_where_the_new_one_is(
    file_sessions: Sessions, supergroup: bool
) -> None:
    async with open_office(file_sessions, supergroup=supergroup, bot="administrator") as office:
        old = await hangs(office, "All tickets are closed.")
        await office.telegram.advance(OLD)

        new = await hangs(office, "All tickets are closed.")

        assert new.id != old.id
        left = await office.support.message(old.id)
        assert left is not None
        assert left.text == "This board is out of date. The current one is further down."
        links = [one["url"].split("/")[-1] for one in left.entities if "url" in one]
        assert links == ([str(new.id)] if supergroup else [])

        await office.telegram.advance(OLD)
        await turns(office, "off")
        await office.kate.sees_edit(new, "The board is off.")
        await rests(office)
        assert await pinned(office) == []


async def test_turned_on_again_it_comes_down_the_chat(office: Office, alice: User) -> None:
    old = await hangs(office, "All tickets are closed.")
    await office.opens(alice, "My order is late")

    new = await hangs(office)

    assert new.id > old.id
    assert await office.support.message(old.id) is None


async def test_deleted_by_somebody_it_comes_again_with_the_next_change(
    office: Office, alice: User
) -> None:
    board = await hangs(office, "All tickets are closed.")
    office.sandbox.world.delete(office.sandbox.world.chats[office.support.id].messages[board.id])
    await office.opens(alice, "My order is late")

    await looks(office)

    new = await office.sees(HEAD)
    assert await pinned(office) == [new.id]


async def test_unpinned_by_somebody_it_stays_true_and_unpinned(office: Office, alice: User) -> None:
    board = await hangs(office, "All tickets are closed.")
    await office.kate.unpins(board)
    await office.opens(alice, "My order is late")

    await looks(office)

    await office.kate.sees_edit(board, HEAD)
    assert await pinned(office) == []
    await hangs(office)


async def test_where_the_group_moves_to_there_is_a_new_board(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await hangs(office)

    new = await office.support.becomes_supergroup()
    await office.kate.sees("My order is late", in_=new)
    await office.telegram.advance(LOOK)

    board = await office.kate.sees(HEAD, in_=new)
    await office.all_goes()
    await rests(office)
    assert await pinned(office, new) == [board.id]


async def test_a_pin_of_somebody_elses_is_still_told(office: Office, alice: User) -> None:
    board = await hangs(office, "All tickets are closed.")
    card = await office.opens(alice, "My order is late")

    await office.kate.pins(card)
    await office.kate.pins(board)
    await office.all_goes()
    await rests(office)

    assert len(await told_of_pins(office)) == 2


@pytest.mark.parametrize("words", ["", "please", "on off"])
async def test_a_command_that_says_neither_is_answered(office: Office, words: str) -> None:
    await turns(office, words)

    await office.sees("Write /board on or /board off.")


async def test_refused_rights_hold_nothing_up(office: Office, alice: User) -> None:
    refusal = {"status": 400, "description": "Bad Request: CHAT_ADMIN_REQUIRED"}
    await office.telegram.breaks("error", method="pinChatMessage", **refusal)

    await turns(office)
    await office.sees("All tickets are closed.")
    await rests(office)

    await office.opens(alice, "My order is late")


async def test_without_a_board_nothing_looks_and_nothing_is_told(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.says_in_staff_chat()

    async with office.sessions.begin() as session:
        kinds = (await session.scalars(select(Timer.kind))).all()
        assert boards.BoardLook.kind not in kinds
        lanes = select(Delivery.id).where(Delivery.lane == outbox.BOARDS)
        assert (await session.scalars(lanes)).all() == []
        await session.execute(delete(Board))
