"""The team's own words: set in one language, checked, and with who changed what when."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.text import utf16_len
from database.team import Setting, SettingChange
from services import memo
from services.helpdesk import team_settings
from services.helpdesk.team_settings import Words
from services.problems import (
    NumberIsAnExample,
    PlaceholderUnknown,
    WordsBeginWithSlash,
    WordsInvisible,
    WordsTooLong,
)
from tests.services import factories
from tests.services.factories import HOUR
from tests.support.times import NOON

HI = ("Hi!", [{"type": "bold", "offset": 0, "length": 2}])


async def test_nothing_is_set_at_first(session: AsyncSession) -> None:
    assert await team_settings.words(session, Words.GREETING, "en") is None
    assert await team_settings.last_change(session, Words.GREETING, "en") is None


async def test_words_count_in_their_language_only(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await team_settings.change(session, Words.GREETING, "en", HI, by=None, now=NOON)

    async with sessions.begin() as session:
        assert await team_settings.words(session, Words.GREETING, "en") == HI
        assert await team_settings.words(session, Words.GREETING, "ru") is None
        assert await team_settings.words(session, Words.CLOSING, "en") is None


async def test_the_default_is_put_back_and_all_changes_are_remembered(
    session: AsyncSession,
) -> None:
    kate = await factories.kate(session)
    await team_settings.change(session, Words.CLOSING, "ru", HI, by=kate, now=NOON)
    await team_settings.change(session, Words.CLOSING, "ru", ("Bye", []), by=None, now=NOON + HOUR)
    await team_settings.change(session, Words.CLOSING, "ru", None, by=kate, now=NOON + 2 * HOUR)

    changes = (await session.scalars(select(SettingChange).order_by(SettingChange.id))).all()
    assert await team_settings.words(session, Words.CLOSING, "ru") is None
    assert [(one.changed_by, one.value and one.value["text"]) for one in changes] == [
        (kate.id, "Hi!"),
        (None, "Bye"),
        (kate.id, None),
    ]
    assert await session.scalar(select(func.count()).select_from(Setting)) == 0
    last = await team_settings.last_change(session, Words.CLOSING, "ru")
    assert last is not None
    assert last.person is kate
    assert last.changed_at == NOON + 2 * HOUR


async def test_what_is_so_already_is_no_change(session: AsyncSession) -> None:
    assert (
        await team_settings.change(session, Words.GREETING, "en", None, by=None, now=NOON) is None
    )
    assert (
        await team_settings.change(session, Words.GREETING, "en", HI, by=None, now=NOON) is not None
    )
    assert await team_settings.change(session, Words.GREETING, "en", HI, by=None, now=NOON) is None


async def test_settings_are_read_once_for_a_transaction(session: AsyncSession) -> None:
    await team_settings.words(session, Words.GREETING, "en")

    known = memo.of(session).settings

    assert known == {}
    await team_settings.change(session, Words.GREETING, "en", HI, by=None, now=NOON)
    assert await team_settings.words(session, Words.GREETING, "en") == HI


def test_formatting_stays_and_mentions_do_not() -> None:
    entities = [*HI[1], {"type": "text_mention", "offset": 0, "length": 2, "user": {"id": 5}}]

    assert team_settings.checked(Words.GREETING, "Hi!", entities) == HI


@pytest.mark.parametrize("which", Words)
def test_only_known_placeholders_are_taken(which: Words) -> None:
    for typed, found in [
        ("Hi {name}", "{name}"),
        ("Your { ticket }", "{ ticket }"),
        ("Just a { brace", "{"),
        ("{ticket}}", "}"),
    ]:
        with pytest.raises(PlaceholderUnknown) as refused:
            team_settings.checked(which, typed.replace("{ticket}", ""), [])
        assert refused.value.typed == found


def test_the_number_is_filled_in_where_there_is_a_ticket() -> None:
    assert team_settings.checked(Words.CLOSING, "{ticket} is closed", [])[0] == "{ticket} is closed"
    with pytest.raises(PlaceholderUnknown):
        team_settings.checked(Words.GREETING, "{ticket} is open", [])


@pytest.mark.parametrize("said", ["Ticket #7 is open.", "#7"])
def test_the_number_of_previews_is_not_taken_for_each_tickets(said: str) -> None:
    with pytest.raises(NumberIsAnExample):
        team_settings.checked(Words.CONFIRMATION, said, [])


@pytest.mark.parametrize("said", ["We are #1!", "Model #75", "{ticket}, see #7 of our rules"])
def test_other_numbers_are_words(said: str) -> None:
    assert team_settings.checked(Words.CLOSING, said, [])[0] == said


@pytest.mark.parametrize("said", [" \n", "\u3164", "\u200b\u2800"])
def test_what_shows_nothing_is_refused(said: str) -> None:
    with pytest.raises(WordsInvisible):
        team_settings.checked(Words.GREETING, said, [])


@pytest.mark.parametrize("said", ["/start", "// a note", " /help me"])
def test_what_begins_as_a_command_or_a_note_is_refused(said: str) -> None:
    with pytest.raises(WordsBeginWithSlash):
        team_settings.checked(Words.GREETING, said, [])


def test_length_counts_as_users_get_it() -> None:
    fits, too_long = "😀" * 1750, "😀" * 1750 + "!"
    assert utf16_len(fits) == team_settings.LONGEST

    assert team_settings.checked(Words.GREETING, fits, [])[0] == fits
    with pytest.raises(WordsTooLong) as refused:
        team_settings.checked(Words.GREETING, too_long, [])
    assert refused.value.length == team_settings.LONGEST + 1
    with pytest.raises(WordsTooLong):
        team_settings.checked(Words.CLOSING, "{ticket}" * 300, [])
