"""The recorded walks, played against the bot as it is now."""

import asyncio

import pytest

from sandbox import scene
from sandbox.playing import play
from tests.support.office import (
    Sessions,
    open_telegram,
    running,
    settings_for,
    until_it_works_there,
)
from tests.walks import recorded

WALKS = ("two_questions", "quarter_of_an_hour", "forum", "broken_forum")

# What the bot may take for one step, in seconds, on a machine that does other things besides.
PATIENCE = 30.0


@pytest.fixture
def backend() -> str:
    """What is said is the same on both databases."""
    return "sqlite"


@pytest.mark.parametrize("name", WALKS)
async def test_a_walk_goes_as_it_was_recorded(name: str, sessions: Sessions) -> None:
    scenario = recorded.scenario_of(name)
    lines: list[object] = []
    async with open_telegram() as (sandbox, telegram):
        sandbox.world.bot.first_name = "Support Bot"
        scene.set_up(sandbox.stage, scenario["cast"])
        staff_chat = recorded.staff_chat_of(scenario)
        settings = settings_for(sandbox, sandbox.world.chats[staff_chat])  # type: ignore[arg-type]
        async with running(sandbox, settings, sessions, asyncio.Event()) as app:
            await until_it_works_there(app)
            differs = await play(telegram, scenario, lines.append, PATIENCE)

        assert not differs, "\n".join(map(str, lines))
        assert await recorded.transcript(telegram, staff_chat) == recorded.transcript_of(name)
