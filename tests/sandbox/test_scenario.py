import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.config import PROJECT
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, ControlError
from sandbox.playing import play
from tests.sandbox.conftest import Api

Json = dict[str, Any]


@asynccontextmanager
async def echo(api: Api, greeting: str = "You said") -> AsyncIterator[None]:
    """Run a bot that repeats what it is told, with a button that thanks."""
    keyboard = {"inline_keyboard": [[{"text": "Thanks", "callback_data": "thanks"}]]}

    async def live() -> None:
        while True:
            for update in await api.confirmed(timeout=5):
                if "message" in update:
                    message = update["message"]
                    text = f"{greeting}: {message.get('text', 'a picture')}"
                    await api(
                        "sendMessage",
                        chat_id=message["chat"]["id"],
                        text=text,
                        reply_markup=keyboard,
                    )
                if "callback_query" in update:
                    pressed = update["callback_query"]["message"]
                    await api("sendMessage", chat_id=pressed["chat"]["id"], text="You are welcome")

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(live())
        yield
        running.cancel()


@asynccontextmanager
async def desk(api: Api, *, edits: bool = True, reaction: str = "👀") -> AsyncIterator[None]:
    """Run a helpdesk that looks at what is written, and whose cards change when they are taken."""

    def keyboard(label: str) -> Json:
        return {"inline_keyboard": [[{"text": label, "callback_data": label}]]}

    async def answer(message: Json) -> None:
        where = {"chat_id": message["chat"]["id"]}
        looks = [{"type": "emoji", "emoji": reaction}]
        seen = {"message_id": message["message_id"], "reaction": looks}
        await api("setMessageReaction", **where, **seen)
        await api("sendMessage", **where, text="Ticket 1", reply_markup=keyboard("Take"))

    async def take(query: Json) -> None:
        card = query["message"]
        where = {"chat_id": card["chat"]["id"], "message_id": card["message_id"]}
        if edits:
            await api("editMessageText", **where, text="Taking…")
            await api("editMessageText", **where, text="Taken by 1", reply_markup=keyboard("Close"))
        await api("answerCallbackQuery", callback_query_id=query["id"])

    async def live() -> None:
        while True:
            for update in await api.confirmed(timeout=5):
                if "text" in update.get("message", {}):
                    await answer(update["message"])
                if "callback_query" in update:
                    await take(update["callback_query"])

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(live())
        yield
        running.cancel()


async def taken(telegram: Telegram, where: Chat | None = None) -> Json:
    """Have a card taken, and return the scenario."""
    kate = await telegram.user("Kate", user_id=78)
    await telegram.call("record", on=True)
    place = where or kate.chat
    if where is not None:
        await kate.joins(where)
    help_me = await kate.writes("help me", to=place)
    card = await kate.sees("Ticket", in_=place)
    await kate.presses(card, "Take")
    taken = await kate.sees_edit(card, "Taken")
    assert taken.buttons == ["Close"]
    await kate.sees_reaction(help_me, "👀")
    return dict(await telegram.call("record", on=False))


async def recorded(telegram: Telegram) -> Json:
    """Have a conversation, and return its scenario."""
    alice = await telegram.user("Alice", user_id=77)
    await telegram.call("record", on=True)
    hello = await alice.writes("hello")
    answer = await alice.sees("You said: hello")
    await alice.presses(answer, "Thanks")
    await alice.sees("You are welcome")
    await alice.sends_photo()
    await alice.sees("a picture")
    await alice.replies(hello, "again 7")
    await alice.sees("again 7")
    return dict(await telegram.call("record", on=False))


async def test_a_conversation_is_recorded_in_order(telegram: Telegram, api: Api) -> None:
    async with echo(api):
        scenario = await recorded(telegram)

    steps = [step.get("do") or step["bot"]["text"] for step in scenario["steps"]]
    assert steps == [
        "write",
        "You said: hello",
        "press",
        "You are welcome",
        "send",
        "You said: a picture",
        "write",
        "You said: again 7",
    ]
    assert scenario["cast"]["users"] == [{"id": 77, "first_name": "Alice"}]
    with pytest.raises(ControlError, match="nothing is being recorded"):
        await telegram.call("record", on=False)


async def again(
    scenario: Json, run: Callable[[Api], AbstractAsyncContextManager[None]], patience: float = 5
) -> tuple[int, list[str]]:
    """Play it on another sandbox, where ids are others and privacy mode is on, with a bot."""
    lines: list[str] = []
    async with Sandbox() as other, other.client() as telegram, aiohttp.ClientSession() as session:
        first = await telegram.user("Somebody", user_id=1)
        await first.writes("this moves all ids")
        bot = Api(other, session)
        await bot.confirmed()
        async with run(bot):
            code = await play(telegram, scenario, lines.append, patience)
        assert (await telegram.bot())["privacy"]
        assert not (await telegram.status())["limits"]
    return code, lines


async def test_it_is_played_again_where_ids_are_others(telegram: Telegram, api: Api) -> None:
    async with echo(api):
        scenario = await recorded(telegram)

    code, lines = await again(scenario, echo)

    assert (code, lines[-1]) == (0, "The bot said the same.")


async def test_a_bot_that_says_something_else_is_told_from_one_that_does_not(
    telegram: Telegram, api: Api
) -> None:
    async with echo(api):
        scenario = await recorded(telegram)

    code, lines = await again(scenario, partial(echo, greeting="I heard"))

    assert (code, lines[-1]) == (1, "3 differences.")
    assert "≠ bot 'I heard: hello' <Thanks>; it said 'You said: hello' <Thanks>" in lines


async def test_edits_and_reactions_are_things_the_bot_says(telegram: Telegram, api: Api) -> None:
    async with desk(api):
        scenario = await taken(telegram)

    card = {"chat": 78, "message": 2}
    assert [step.get("do") or step["bot"] for step in scenario["steps"]] == [
        "write",
        {"kind": "reaction", "chat": 78, "message": 1, "emoji": ["👀"]},
        {"kind": "message", **card, "text": "Ticket 1", "buttons": ["Take"]},
        "press",
        {"kind": "edit", **card, "text": "Taken by 1", "buttons": ["Close"]},
    ]
    code, lines = await again(scenario, desk)
    assert (code, lines[-1]) == (0, "The bot said the same.")


async def test_a_bot_that_does_not_edit_is_told_from_one_that_does(
    telegram: Telegram, api: Api
) -> None:
    async with desk(api):
        scenario = await taken(telegram)

    code, lines = await again(scenario, partial(desk, edits=False), patience=2)

    assert (code, lines[-1]) == (1, "1 difference.")
    assert "✗ the bot is silent; it said edits 'Taken by 1' <Close>" in lines


async def test_a_bot_that_reacts_otherwise_is_told_from_one_that_does_not(
    telegram: Telegram, api: Api
) -> None:
    async with desk(api):
        scenario = await taken(telegram)

    code, lines = await again(scenario, partial(desk, reaction="🔥"))

    assert (code, lines[-1]) == (1, "1 difference.")
    assert "≠ bot reacts 🔥; it said reacts 👀" in lines


async def test_a_scenario_is_played_under_the_conditions_of_its_recording(
    telegram: Telegram, api: Api
) -> None:
    owner = await telegram.user("Olga", user_id=79)
    group = await telegram.group("Support", members=[owner])
    await telegram.bot(privacy=False)
    await telegram.limits(enabled=True)
    async with desk(api):
        scenario = await taken(telegram, group)

    code, lines = await again(scenario, desk)

    assert scenario["conditions"] == {"privacy": False, "limits": True}
    assert (code, lines[-1]) == (0, "The bot said the same.")


async def test_a_scenario_of_the_first_version_is_still_played(
    telegram: Telegram, api: Api
) -> None:
    async with desk(api):
        scenario = await taken(telegram)
    said = [step for step in scenario["steps"] if step.get("bot", {}).get("kind") != "reaction"]
    said = [step for step in said if step.get("bot", {}).get("kind") != "edit"]
    for step in said:
        if "bot" in step:
            step["bot"] = {name: step["bot"][name] for name in ("chat", "message", "text")}

    old = {"version": 1, "cast": scenario["cast"], "steps": said}

    assert (await again(old, desk))[0] == 0


async def test_the_command_plays_a_file(
    telegram: Telegram, sandbox: Sandbox, api: Api, tmp_path: Path
) -> None:
    async with echo(api):
        file = tmp_path / "scenario.json"
        file.write_text(json.dumps(await recorded(telegram)), encoding="utf-8")
        arguments = ["--secret", sandbox.secret, "play", str(file)]
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sandbox",
            *arguments,
            "--control",
            sandbox.control_url,
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await program.communicate()

    assert said.decode("utf-8").splitlines()[-1] == "The bot said the same."
    assert program.returncode == 0


async def test_groups_are_set_up_as_they_were(telegram: Telegram, sandbox: Sandbox) -> None:
    owner = await telegram.user("Olga", user_id=79)
    max_ = await telegram.user("Max", user_id=80)
    group = await telegram.group("Forum", members=[owner, max_], forum=True, bot="administrator")
    topic = await telegram.call("topic", chat=group.id, user=owner.id, name="Returns")
    await telegram.call(
        "member", chat=group.id, status="administrator", without=["can_delete_messages"]
    )
    await max_.becomes("administrator", group)
    await group.mutes_members()
    await group.protects_content()
    await group.drops_threads()
    await group.allows_reactions("👍")
    await telegram.call("record", on=True)
    await max_.writes("about a return", to=group, thread=topic["message_thread_id"])
    scenario = await telegram.call("record", on=False)

    async with Sandbox() as other, other.client() as elsewhere:
        assert await play(elsewhere, scenario, lambda _line: None, 1) == 0
        then, now = sandbox.world.chats[group.id], other.world.chats[group.id]

    for name in ("muted", "protected", "drops_threads", "reactions", "type", "is_forum"):
        assert getattr(now, name) == getattr(then, name), name
    for member in then.members.values():
        same = now.members[member.person.id]
        assert (same.status, same.without) == (member.status, member.without)
    assert [one.name for one in now.topics.values()] == ["Returns"]
    said = list(now.messages.values())[-1].view
    assert (said["text"], said["message_thread_id"]) == ("about a return", *now.topics)
