"""`/setup`: staff ask what the bot lacks in their group, and read what to do about it."""

from typing import Any

import pytest

from tests.bot.test_forum import settled
from tests.bot.test_standing import by, reply
from tests.support.office import USERNAME, Office, Sessions, open_office

ALL_WELL = """\
How the bot and this group are set up:
✅ This is a basic group.
✅ The bot may write here.
✅ The bot is an administrator.
✅ Every command reaches the bot.
✅ Only whoever asks sees the answers to /tickets, /help and /settings.
✅ Only members can read and write here.
✅ The bot's reactions are allowed here.
✅ The clock is right.
Operator: python main.py doctor also checks the machine and the database."""

UNKNOWN = {"status": 500, "description": "Internal Server Error"}


async def asked(office: Office) -> str:
    """Tell what the bot says about its group."""
    command = await office.kate.writes(f"/setup@{USERNAME}", to=office.support)
    return (await office.sees("How the bot and this group", after=command)).text


async def test_all_is_well_where_the_bot_is_an_administrator(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, bot="administrator") as office:
        assert await asked(office) == ALL_WELL


async def test_an_ordinary_member_hears_of_privacy_mode(office: Office) -> None:
    said = await asked(office)

    assert "✅ The bot is an ordinary member." in said
    assert f"💡 Privacy mode is on. Replies to the bot and /tickets@{USERNAME} always" in said
    assert "→ To use bare commands, make the bot an administrator" in said
    assert (
        "💡 Only whoever asks sees the answers to /tickets, /help and /settings, but with" in said
    )
    assert "❗" not in said


async def test_without_privacy_mode_every_command_comes(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, privacy=False) as office:
        assert "✅ Every command reaches the bot." in await asked(office)


@pytest.mark.parametrize(
    ("opened", "said", "cure"),
    [
        ({"username": "our_team"}, "The group is public", "Make the group private."),
        ({"linked": -1001}, "The group is linked to a channel", "Unlink the channel."),
    ],
)
async def test_a_group_that_strangers_read_is_advised_against(
    file_sessions: Sessions, opened: dict[str, Any], said: str, cure: str
) -> None:
    async with open_office(file_sessions, supergroup=True, bot="administrator") as office:
        await office.support.opens_to_strangers(**opened)

        shown = await asked(office)
        assert f"💡 {said}" in shown
        assert f"→ {cure}\n" in shown

        await office.support.bot_becomes("member")
        await office.telegram.advance(301)
        shown = await asked(office)
        assert f"❗ {said}" in shown
        assert f"→ {cure} At least make the bot an administrator" in shown


async def test_reactions_that_the_group_forbids_are_named(office: Office) -> None:
    await office.support.allows_reactions(["👍", "❤"])

    said = await asked(office)

    assert "💡 These reactions aren't allowed here: ✍ 👌. With 👍 the bot says" in said
    assert "→ Allow them in the group's settings." in said
    signs = [line[0] for line in said.splitlines() if line[0] in "❗💡✅"]
    assert signs == ["💡"] * 3 + ["✅"] * 5


async def test_it_is_said_in_the_language_of_staff(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, bot="administrator", staff_language="es") as office:
        await office.kate.writes(f"/setup@{USERNAME}", to=office.support)

        said = await office.sees("Así están configurados")
        assert "✅ El bot es administrador." in said.text


async def test_a_forum_hears_whether_its_tickets_have_topics(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        said = await asked(office)
        assert "✅ This is a group with topics.\n✅ Each open ticket has a topic" in said

        await office.support.bot_becomes("member")
        await office.telegram.advance(301)
        said = await asked(office)
        assert "❗ Tickets can't have topics: the bot may not manage them.\n→ Make the bot" in said


async def test_a_forum_whose_tickets_are_under_cards_hears_of_settings(
    file_sessions: Sessions,
) -> None:
    async with open_office(
        file_sessions, forum=True, bot="administrator", staff_mode="plain"
    ) as office:
        await settled(office)

        said = await asked(office)

        assert "✅ This is a group with topics; tickets are in General." in said
        assert "✅ Each ticket could have a topic of its own: /settings" in said


async def test_telegrams_silence_is_said(office: Office) -> None:
    await office.telegram.breaks("error", method="getChat", times=None, **UNKNOWN)

    await office.kate.writes(f"/setup@{USERNAME}", to=office.support)

    await office.sees("Telegram doesn't tell me how this group is set up.")


async def test_a_stranger_in_a_public_group_learns_nothing(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, supergroup=True, bot="administrator") as office:
        await office.support.opens_to_strangers(username="our_team")
        mallory, command = await office.telegram.user("Mallory"), f"/setup@{USERNAME}"
        await asked(office)
        shown = await office.sees("How the bot and this group")

        entity = {"type": "bot_command", "offset": 0, "length": len(command)}
        await office.telegram.update(
            {"message": reply(shown, command, entities=[entity], **by(mallory))}
        )

        await office.sees("Only members of this group")
        said = [one.text for one in await office.support.messages()]
        assert sum("How the bot and this group" in text for text in said) == 1
