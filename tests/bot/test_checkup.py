"""What a check-up makes of Telegram's answers that the sandbox does not give."""

from datetime import timedelta
from typing import Any

import pytest
from aiogram.types import (
    AcceptedGiftTypes,
    ChatFullInfo,
    ChatMemberAdministrator,
    ChatMemberMember,
    ChatMemberRestricted,
    ChatPermissions,
    User,
)

from bot.checkup import group, telegram
from bot.checkup.facts import BotFacts, GroupFacts
from bot.checkup.line import Level, Line
from core.team import StaffMode

ME = User(id=1, is_bot=True, first_name="Support", username="support_bot")
MEMBER = ChatMemberMember(user=ME)
RIGHTS: dict[str, Any] = dict.fromkeys(ChatMemberAdministrator.model_fields, True)
ADMINISTRATOR = ChatMemberAdministrator(
    **RIGHTS | {"status": "administrator", "user": ME, "custom_title": None}
)
GIFTS = AcceptedGiftTypes(**dict.fromkeys(AcceptedGiftTypes.model_fields, False))


def bot(ahead: timedelta | None = timedelta(0), **flags: bool) -> BotFacts:
    return BotFacts(ME.model_copy(update=flags), ahead)


def in_group(
    member: Any = MEMBER,
    *,
    has_board: bool = False,
    mode: StaffMode | None = None,
    is_main: bool = True,
    deletes_topics: bool = False,
    **fields: Any,
) -> dict[str, Line]:
    """Examine a group; give its lines by what they are about."""
    known: dict[str, Any] = {
        "id": -1,
        "type": "supergroup",
        "accent_color_id": 0,
        "max_reaction_count": 1,
    }
    chat = ChatFullInfo(**known, accepted_gift_types=GIFTS, **fields)
    facts = GroupFacts(chat, member)
    lines = group.look(
        bot(),
        facts,
        mode=mode,
        is_main=is_main,
        has_board=has_board,
        deletes_topics=deletes_topics,
    )
    return {line.about: line for line in lines}


def forbidding(*names: str) -> ChatPermissions:
    return ChatPermissions(**dict.fromkeys(names, False))


def restricted(**rights: bool) -> ChatMemberRestricted:
    fields: dict[str, Any] = dict.fromkeys(ChatMemberRestricted.model_fields, True)
    fields |= {"status": "restricted", "user": ME, "until_date": 0, "tag": None}
    return ChatMemberRestricted(**fields | rights)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(seconds=29), "The clock is right."),
        (timedelta(minutes=4), "The clock of the bot's machine is fast: 4 minutes."),
        (timedelta(hours=-1), "The clock of the bot's machine is slow: 1 hour."),
    ],
)
def test_the_clock_is_compared_with_telegrams(ahead: timedelta, said: str) -> None:
    assert [line.said for line in telegram.look(bot(ahead))] == [said]


def test_a_server_that_tells_no_time_says_nothing_of_the_clock() -> None:
    assert list(telegram.look(bot(None))) == []


def test_unusual_flags_of_the_bot_are_told() -> None:
    lines = telegram.look(bot(None, can_join_groups=False, has_topics_enabled=True))

    assert [(line.about, line.level) for line in lines] == [
        ("can_join_groups", Level.ADVICE),
        ("has_topics_enabled", Level.ADVICE),
    ]


def test_each_kind_that_the_group_forbids_is_named() -> None:
    line = in_group(permissions=forbidding("can_send_photos", "can_send_polls"))["writing"]

    assert line.level is Level.WRONG
    assert line.said.endswith("you don't get them from users: photos, polls.")


def test_an_administrator_may_send_what_members_may_not() -> None:
    forbidden = forbidding("can_send_messages", "can_send_photos", "can_react_to_messages")

    lines = in_group(ADMINISTRATOR, permissions=forbidden, slow_mode_delay=30)

    assert {line.level for line in lines.values()} == {Level.OK}


def test_a_bot_that_is_restricted_is_told_so() -> None:
    line = in_group(restricted(can_send_messages=False))["writing"]

    assert (line.level, line.said) == (Level.WRONG, "The bot may not write here.")
    assert line.cure.startswith("Lift the bot's restriction")


def test_a_group_in_which_members_may_not_react_shows_no_reactions() -> None:
    line = in_group(permissions=forbidding("can_react_to_messages"))["reactions"]

    assert line.said.startswith("These reactions aren't allowed here: 👍 ✍ 👌.")


@pytest.mark.parametrize(
    ("member", "level"),
    [
        (ADMINISTRATOR, Level.OK),
        (ADMINISTRATOR.model_copy(update={"can_pin_messages": False}), Level.ADVICE),
        (MEMBER, Level.ADVICE),
    ],
    ids=["with the right", "without it", "no administrator"],
)
def test_only_a_group_that_has_a_board_is_told_whether_it_can_be_pinned(
    member: Any, level: Level
) -> None:
    assert in_group(member, has_board=True)["board"].level is level
    assert "board" not in in_group(member)


def test_slow_mode_and_protected_content_are_told() -> None:
    lines = in_group(slow_mode_delay=30, has_protected_content=True)

    assert lines["slow_mode"].level is lines["protected_content"].level is Level.ADVICE


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"is_forum": True}, "This is a group with topics; tickets are in General."),
        ({}, "This is a supergroup."),
    ],
)
def test_the_kind_of_group_is_said(fields: dict[str, Any], said: str) -> None:
    assert in_group(**fields)["kind"].said == said


@pytest.mark.parametrize(
    ("fields", "member", "level", "said"),
    [
        ({"is_forum": True}, ADMINISTRATOR, Level.OK, "Each open ticket has a topic"),
        ({}, ADMINISTRATOR, Level.WRONG, "Tickets can't have topics: they are off"),
        ({"is_forum": True}, MEMBER, Level.WRONG, "Tickets can't have topics: the bot may not"),
        (
            {"is_forum": True},
            ADMINISTRATOR.model_copy(update={"can_manage_topics": False}),
            Level.WRONG,
            "Tickets can't have topics: the bot may not",
        ),
    ],
)
def test_where_tickets_are_to_have_topics_it_is_said_whether_they_can(
    fields: dict[str, Any], member: Any, level: Level, said: str
) -> None:
    lines = in_group(member, mode=StaffMode.FORUM, **fields)

    assert (lines["topics"].level, bool(lines["topics"].cure)) == (level, level is Level.WRONG)
    assert lines["topics"].said.startswith(said)
    assert "General" not in lines["kind"].said


@pytest.mark.parametrize("deletes_topics", [True, False])
def test_the_right_to_delete_is_missed_only_where_old_topics_are_to_be_deleted(
    *, deletes_topics: bool
) -> None:
    lacks = ADMINISTRATOR.model_copy(update={"can_delete_messages": False})

    lines = in_group(lacks, deletes_topics=deletes_topics)

    assert [one.level for one in lines.values() if one.about == "old_topics"] == (
        [Level.WRONG] if deletes_topics else []
    )
    assert "old_topics" not in in_group(ADMINISTRATOR, deletes_topics=True)


@pytest.mark.parametrize("right", ["can_pin_messages", "can_delete_messages"])
def test_where_tickets_have_topics_it_is_said_what_pinning_cards_needs(right: str) -> None:
    lacks = ADMINISTRATOR.model_copy(update={right: False})
    forum: dict[str, Any] = {"mode": StaffMode.FORUM, "is_forum": True}

    assert in_group(lacks, **forum)["pinned_cards"].level is Level.ADVICE
    assert "pinned_cards" not in in_group(ADMINISTRATOR, **forum)
    assert "pinned_cards" not in in_group(lacks, is_forum=True)


@pytest.mark.parametrize(
    ("member", "mode", "is_main", "hints"),
    [
        (ADMINISTRATOR, StaffMode.PLAIN, True, True),
        (ADMINISTRATOR, StaffMode.PLAIN, False, False),
        (ADMINISTRATOR, None, True, False),
        (MEMBER, StaffMode.PLAIN, True, False),
    ],
)
def test_where_tickets_could_have_topics_settings_are_hinted_at(
    member: Any, mode: StaffMode | None, *, is_main: bool, hints: bool
) -> None:
    lines = in_group(member, mode=mode, is_main=is_main, is_forum=True)

    assert ("topics" in lines) is hints
    assert lines["kind"].said.endswith("tickets are in General.")
