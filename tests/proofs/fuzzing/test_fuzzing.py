"""The short form: new plans with each change, and all those that once failed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.models import Ticket
from services.helpdesk import staff_chats
from tests.proofs.fuzzing.people import (
    ANN,
    CARL,
    CHATS,
    KATE,
    LIAM,
    ROBOT,
    SECOND_CHAT,
    STAFF_CHAT,
)
from tests.proofs.fuzzing.running import Broken, Plan, Runner
from tests.proofs.fuzzing.updates import CONTENTS, PHOTO, Mutation, Step
from tests.proofs.fuzzing.values import MEGABYTE
from tests.proofs.fuzzing.wire import Fault
from tests.support.exploring import first_seed

# About five seconds a database; `python -m tests.proofs.fuzzing` takes 20,000 updates.
PLANS = 5

BARE = {name: one for name, one in CONTENTS["live_photo"].items() if name != "photo"}
HELLO = Step("message", ANN, ANN, {"text": "Hello"})


# A change that does no harm, so that a step counts as one that Telegram would not send.
STRANGE = (Mutation(1, 5),)


def command(text: str) -> dict[str, object]:
    """Make the content of a message that is a command."""
    length = len(text.split(maxsplit=1)[0])
    return {"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": length}]}


def changed(content: dict[str, object]) -> Step:
    """Make a message of Ann's that Telegram would not send."""
    return Step("message", ANN, ANN, content, mutations=STRANGE)


FAILED_ONCE: dict[str, Plan] = {
    "a message without a sender, perhaps from another bot": [
        [Step("message", ROBOT, ROBOT, {"text": " "}, mutations=(Mutation(7, None, gone=True),))]
    ],
    "a first text that becomes a photo": [
        [HELLO],
        [Step("edited_message", ANN, ANN, {"photo": PHOTO}, back=0)],
    ],
    "a first text that becomes a photo before its card is sent": [
        [HELLO, Step("edited_message", ANN, ANN, {"photo": PHOTO}, back=0)]
    ],
    "a chat whose id is too large for a database": [
        [changed({"text": "Hello", "chat": {"id": 2**63, "type": "private"}}), HELLO]
    ],
    "somebody in another person's private chat": [
        [changed({"text": "Hello", "chat": CHATS[KATE]}), HELLO]
    ],
    "a group that moves to a person's id": [
        [HELLO, Step("message", STAFF_CHAT, KATE, {"migrate_to_chat_id": 8294}, mutations=STRANGE)],
        [Step("message", ANN, ANN, {"text": "Hello?"})],
    ],
    "a refusal for a chat that cannot exist": [
        [changed({"dice": {"emoji": "x"}, "chat": {"id": 0, "type": "private"}}), HELLO]
    ],
    "a command that is a space": [
        [
            Step(
                "message",
                ANN,
                ANN,
                {"text": " ", "entities": [{"type": "bot_command", "offset": 0, "length": 1}]},
            )
        ]
    ],
    "a contact and a place in unknown shapes": [
        [Step("message", ANN, ANN, {"contact": {"shape": "of next year"}})],
        [Step("message", ANN, ANN, {"venue": {"location": [], "title": 5}})],
        [Step("message", ANN, ANN, {"location": [1.5]})],
    ],
    "previews, a quote and a spoiler of wrong types": [
        [changed({"text": "example.com", "link_preview_options": {"url": 5}})],
        [
            Step(
                "edited_message",
                ANN,
                ANN,
                {"text": "example.org", "link_preview_options": {"url": 5}},
                back=0,
                mutations=STRANGE,
            )
        ],
        [changed({"photo": PHOTO, "has_media_spoiler": [], "show_caption_above_media": {}})],
        [changed({"text": "And?", "quote": {"text": 5, "position": "x"}})],
    ],
    "a forward whose origin has wrong types": [
        [changed({"text": "Hello", "forward_origin": {"type": "channel", "chat": 1.5}})],
        [changed({"text": "And", "forward_origin": {"sender_user": "Bob"}})],
        [changed({"photo": PHOTO, "forward_origin": 5})],
    ],
    "a live photo without its picture": [
        [HELLO],
        [changed({"live_photo": BARE, "caption": "one"})],
        [
            Step(
                "edited_message",
                ANN,
                ANN,
                {"live_photo": BARE, "caption": "two"},
                back=0,
                mutations=STRANGE,
            )
        ],
        [changed({"live_photo": BARE, "media_group_id": "1"})],
        [changed({"live_photo": BARE, "media_group_id": "1"})],
    ],
    "a group with the smallest possible id": [
        [changed({"text": "/tickets@support_bot", "chat": {"id": -(2**63), "type": "group"}})]
    ],
    "a megabyte": [[Step("message", ANN, ANN, {"text": "z" * MEGABYTE}), HELLO]],
    "two updates with the same number": [
        [HELLO, Step("message", ANN, ANN, {"text": "again"}, gap=0)]
    ],
    "numbers that run backwards": [
        [HELLO, Step("message", ANN, ANN, {"text": "and"}, gap=-100)],
        [Step("message", STAFF_CHAT, KATE, {"text": "// why?"}, back=0, gap=-100)],
    ],
}


def intruding(chat: int, who: int) -> list[Step]:
    """Reply to the other team's cards, press their buttons, and name their tickets."""
    return [
        Step("message", chat, who, {"text": "On its way"}, back=0, of_others=True),
        Step("message", chat, who, {"text": "// a note"}, back=0, of_others=True),
        Step("callback_query", chat, who, back=0, of_others=True),
        Step("callback_query", chat, who, back=1, of_others=True),
        Step("message", chat, who, command("/close@support_bot 1")),
        Step("message", chat, who, command("/close@support_bot 2")),
        Step("message", chat, who, command("/tickets@support_bot")),
        Step("message", chat, who, {"text": 5}, mutations=STRANGE),  # it is set aside
    ]


# Ann's ticket is the main team's, Carl's is the second team's.
TWO_TEAMS: Plan = [
    [HELLO, Step("message", CARL, CARL, {"text": "Hello"})],
    *([step] for step in intruding(SECOND_CHAT, LIAM)),
    *([step] for step in intruding(STAFF_CHAT, KATE)),
]


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    with Runner(database_url) as runner:
        yield runner


def test_a_long_text_is_shown_in_short() -> None:
    step = Step("message", ANN, ANN, {"text": "😀\n" * MEGABYTE + "z" * MEGABYTE})

    assert len(repr(step)) < 200


@pytest.mark.parametrize("name", FAILED_ONCE)
def test_a_plan_that_once_failed_goes_well(runner: Runner, name: str) -> None:
    runner.run(FAILED_ONCE[name], {})


def test_a_group_with_the_id_that_means_all_chats_holds_nobody(runner: Runner) -> None:
    group = Step("message", -502, KATE, {"text": "Hello"}, mutations=(Mutation(4, 0),))

    runner.run([[group], [HELLO]], {1: Fault.refusal(400, "Bad Request: chat not found")})


def test_whatever_updates_come_each_is_handled_refused_or_kept(
    runner: Runner, backend: str
) -> None:
    number = first_seed()
    print(f"python -m tests.proofs.fuzzing --updates 1 --seed {number} --database {backend}")  # noqa: T201

    runner.explore(PLANS, number, shrink=False)

    assert runner.total.total > PLANS


def test_a_bot_that_forgets_is_found_out(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgets(*_: object, **__: object) -> None:
        """Take a message, and do nothing with it."""

    monkeypatch.setattr("services.ticket_service._post_question", forgets)
    monkeypatch.setattr("services.ticket_service._reopen", forgets)

    with pytest.raises(Broken, match="neither passed on nor waits"):
        runner.run([[HELLO, HELLO]], {})


def test_neither_team_reaches_the_tickets_of_the_other(runner: Runner) -> None:
    runner.run(TWO_TEAMS, {})


async def _any_ticket(session: AsyncSession, ticket_id: int, **_: int) -> Ticket:
    """Get a ticket for whoever asks."""
    people = selectinload(Ticket.user), selectinload(Ticket.assigned_staff)
    return await session.get_one(Ticket, ticket_id, options=people)


async def _all_tickets(*_: object) -> ColumnElement[bool]:
    return true()


async def _main_team(session: AsyncSession, *_: object, **__: object) -> int:
    return (await staff_chats.main(session)).chat_id


@pytest.mark.parametrize(
    ("broken", "by", "found"),
    [
        ("services.ticket_service.get", _any_ticket, "of another team"),
        ("services.helpdesk.staff_chats.tickets_of", _all_tickets, "named to another team"),
        ("services.ticket_service.concerned", _main_team, "named to another team"),
    ],
)
def test_teams_that_are_mixed_up_are_found_out(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, broken: str, by: object, found: str
) -> None:
    monkeypatch.setattr(broken, by)

    with pytest.raises(Broken, match=found):
        runner.run(TWO_TEAMS, {})
