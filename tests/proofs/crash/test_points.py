"""SIGKILL at the points that matter, each on SQLite and on PostgreSQL."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utcnow
from database.machinery import Delivery, Timer
from database.models import Message, Ticket
from services import timers, update_records
from services.helpdesk.set_aside_news import TOLD_EVERY, StaffToldAgain
from services.notices import CardPosted, UpdateSetAside
from tests.proofs.crash import mishaps
from tests.proofs.crash.scene import SIGKILLED, Scene

type Sessions = async_sessionmaker[AsyncSession]


async def test_killed_before_the_commit_the_update_comes_again_and_is_handled_exactly_once(
    scene: Scene, sessions: Sessions
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(mishaps.dies_before_the_commit)
    await alice.writes("My order is late")
    assert await scene.ended() == SIGKILLED
    assert await stored(sessions) == (0, 0)

    await scene.start()

    await scene.kate.sees("My order is late", in_=scene.support)
    await alice.sees("Ticket #1 is open")
    await scene.stop()
    assert await stored(sessions) == (1, 1)
    assert await shown(scene) == 1
    assert scene.announced() == []


async def test_killed_between_commit_and_confirmation_the_redelivered_update_is_a_no_op(
    scene: Scene, sessions: Sessions
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(mishaps.dies_before_the_confirmation)
    await alice.writes("My order is late")
    assert await scene.ended() == SIGKILLED
    assert await stored(sessions) == (1, 1)
    assert (await scene.telegram.status())["pending_updates"] == 1

    await scene.start()

    await scene.kate.sees("My order is late", in_=scene.support)
    await alice.sees("Ticket #1 is open")
    await alice.writes("Hello?")
    await scene.kate.sees("Hello?", in_=scene.support)
    await scene.stop()
    assert len(scene.log("update was handled before")) == 1
    assert await stored(sessions) == (1, 2)
    assert (await scene.telegram.status())["pending_updates"] == 0


async def test_killed_between_the_send_and_its_settling_it_is_sent_again_and_announced(
    scene: Scene, sessions: Sessions
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(mishaps.dies_before_the_settling)
    await alice.writes("My order is late")
    first = await scene.kate.sees("My order is late", in_=scene.support)
    assert await scene.ended() == SIGKILLED

    await scene.start()

    await scene.kate.sees("My order is late", in_=scene.support, after=first)
    await scene.stop()
    async with sessions() as session:
        card = await session.scalar(select(Delivery.id).where(Delivery.kind == CardPosted.kind))
    assert card in scene.announced()
    assert await shown(scene) == 2


async def test_a_reply_to_a_card_that_was_sent_but_never_settled_reaches_its_user(
    scene: Scene,
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(mishaps.dies_before_the_settling)
    await alice.writes("My order is late")
    unsettled = await scene.kate.sees("My order is late", in_=scene.support)
    assert await scene.ended() == SIGKILLED
    await scene.kate.replies(unsettled, "It is on its way")

    await scene.start()

    await alice.sees("It is on its way")
    await scene.stop()


async def test_a_poller_that_confirms_before_it_commits_is_found_out(
    scene: Scene, sessions: Sessions
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(mishaps.confirms_before_it_commits_and_dies)
    await alice.writes("This will be lost")
    assert await scene.ended() == SIGKILLED

    await scene.start()

    await alice.writes("This arrives")
    await scene.kate.sees("This arrives", in_=scene.support)
    await scene.stop()
    assert await stored(sessions) == (1, 1)


async def test_killed_between_the_portions_of_a_move_each_ticket_moves_once(
    scene: Scene, sessions: Sessions
) -> None:
    names = ["Alice", "Bob", "Carol"]
    users = [await scene.telegram.user(name) for name in names]
    await scene.start()
    for user, name in zip(users, names, strict=True):
        await user.writes(f"{name} is waiting")
        await scene.kate.sees(f"{name} is waiting", in_=scene.support)
    await scene.stop()
    new = await scene.support.becomes_supergroup()

    await users[0].writes("for three weeks")
    for _ in range(3):
        await scene.start(mishaps.dies_between_portions)
        assert await scene.ended() == SIGKILLED
    assert await staff_chats(sessions) == [scene.support.id, new.id]
    await users[2].writes("since May")
    await scene.start()

    await scene.kate.sees("since May", in_=new)
    await scene.kate.sees("for three weeks", in_=new)
    for user, name in zip(users, names, strict=True):
        card = await scene.kate.sees(f"{name} is waiting", in_=new)
        await scene.kate.replies(card, f"Soon, {name}")
        await user.sees(f"Soon, {name}")
    await scene.stop()
    said = [message.text for message in await new.messages()]
    assert [len([one for one in said if f"{name} is waiting" in one]) for name in names] == [1] * 3
    assert await staff_chats(sessions) == [new.id]
    assert scene.announced() == []


async def test_killed_before_a_due_timer_is_done_it_is_done_once(
    scene: Scene, sessions: Sessions
) -> None:
    now = utcnow()
    async with sessions.begin() as session:
        dead = await update_records.set_aside(
            session, {"update_id": 5}, "", staff_chat_id=0, now=now
        )
        await timers.set(session, StaffToldAgain(first=dead.id), now, now=now)
    await scene.start(mishaps.dies_before_the_timer_is_done)
    assert await scene.ended() == SIGKILLED
    assert await notices_of_what_was_set_aside(sessions) == 0

    await scene.start()

    await scene.kate.sees("python main.py replay", in_=scene.support)
    await scene.stop()
    assert await notices_of_what_was_set_aside(sessions) == 1
    async with sessions() as session:
        again = await session.scalar(select(Timer.due_at).where(Timer.kind == StaffToldAgain.kind))
    assert again is not None
    assert again >= now + TOLD_EVERY


async def notices_of_what_was_set_aside(sessions: Sessions) -> int:
    async with sessions() as session:
        news = select(func.count()).where(Delivery.kind == UpdateSetAside.kind)
        return await session.scalar(news) or 0


async def staff_chats(sessions: Sessions) -> list[int]:
    """List the chats that have tickets, each once, highest first."""
    async with sessions() as session:
        chats = select(Ticket.staff_chat_id).distinct().order_by(Ticket.staff_chat_id.desc())
        return list(await session.scalars(chats))


async def stored(sessions: Sessions) -> tuple[int, int]:
    """Count tickets and messages."""
    async with sessions() as session:
        tickets = await session.scalar(select(func.count()).select_from(Ticket))
        messages = await session.scalar(select(func.count()).select_from(Message))
    return tickets or 0, messages or 0


async def shown(scene: Scene) -> int:
    """Count how often staff see the question."""
    messages = await scene.support.messages()
    return sum("My order is late" in message.text for message in messages)
