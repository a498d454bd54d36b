"""Polls: who is told of which vote, and how one ends."""

from typing import Any

import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import Chat, ControlError, Message, User
from tests.sandbox.conftest import Api, Json

OPTIONS = [{"text": "good"}, {"text": "bad"}, {"text": "so-so"}]


@pytest.fixture
async def group(telegram: Telegram, kate: User, alice: User) -> Chat:
    return await telegram.group("Support", members=[kate, alice])


async def asked(api: Api, group: Chat, **how: Any) -> Message:
    sent = await api("sendPoll", chat_id=group.id, question="How was it?", options=OPTIONS, **how)
    await api.confirmed()
    return Message(sent)


async def told(api: Api) -> list[tuple[str, Json]]:
    kinds = ("poll", "poll_answer")
    updates = await api.confirmed()
    return [(kind, update[kind]) for update in updates for kind in kinds if kind in update]


async def test_a_vote_is_told_with_its_voter(api: Api, group: Chat, kate: User) -> None:
    poll = await asked(api, group, is_anonymous=False)

    await kate.votes(poll, 1)
    (kind, state), (second, answer) = await told(api)
    await kate.votes(poll)

    assert (kind, second) == ("poll", "poll_answer")
    assert [option["voter_count"] for option in state["options"]] == [0, 1, 0]
    assert state["total_voter_count"] == 1
    assert (answer["user"]["id"], answer["option_ids"]) == (kate.id, [1])
    assert answer["poll_id"] == poll.raw["poll"]["id"]
    taken_back = dict(await told(api))
    assert taken_back["poll_answer"]["option_ids"] == []
    assert taken_back["poll"]["total_voter_count"] == 0
    seen = await group.message(poll.id)
    assert seen is not None
    assert (seen.edits, "edit_date" in seen.raw) == (0, False)


async def test_an_anonymous_vote_tells_only_how_many(
    api: Api, group: Chat, kate: User, alice: User
) -> None:
    poll = await asked(api, group, allows_multiple_answers=True)

    await kate.votes(poll, 0, 2)
    await alice.votes(poll, 2)

    updates = await told(api)
    assert [kind for kind, _ in updates] == ["poll", "poll"]
    last = updates[-1][1]
    assert [option["voter_count"] for option in last["options"]] == [1, 0, 2]
    assert last["total_voter_count"] == 2


async def test_votes_in_a_poll_of_a_person_are_not_told(
    api: Api, group: Chat, kate: User, alice: User
) -> None:
    await group.bot_becomes("administrator")
    poll = await kate.sends("poll", to=group, question="?", options=["a", "b"], is_anonymous=False)
    await api.confirmed()

    await alice.votes(poll, 0)

    assert await api.confirmed() == []
    seen = await group.message(poll.id)
    assert seen is not None
    assert seen.raw["poll"]["total_voter_count"] == 1


async def test_what_is_no_vote_is_refused(api: Api, group: Chat, kate: User) -> None:
    poll = await asked(api, group)
    quiz = await asked(api, group, type="quiz", correct_option_ids=[0])
    text = await kate.writes("no poll", to=group)
    await kate.votes(quiz, 1)

    for message, options, reason in (
        (poll, [3], "no such options"),
        (poll, [0, 1], "takes one answer"),
        (quiz, [0], "can't be changed"),
        (text, [0], "no poll in this message"),
    ):
        with pytest.raises(ControlError, match=reason):
            await kate.votes(message, *options)


async def test_a_poll_is_stopped_once(api: Api, group: Chat, kate: User) -> None:
    poll = await asked(api, group)
    hers = await kate.sends("poll", to=group, question="?", options=["a"], extra={})
    where = {"chat_id": group.id, "message_id": poll.id}
    await kate.votes(poll, 0)
    await api.confirmed()

    stopped = await api("stopPoll", **where)

    assert (stopped["is_closed"], stopped["total_voter_count"]) == (True, 1)
    assert await told(api) == [("poll", stopped)]
    with pytest.raises(ControlError, match="the poll is closed"):
        await kate.votes(poll, 1)
    assert await api.refused("stopPoll", **where) == (
        400,
        "Bad Request: poll has already been closed",
    )
    assert (await api.refused("stopPoll", chat_id=group.id, message_id=999))[1] == (
        "Bad Request: message with poll to stop not found"
    )
    assert hers.id != poll.id


async def test_whoever_looks_on_sees_who_voted_for_what(
    sandbox: Sandbox, api: Api, group: Chat, kate: User
) -> None:
    poll = await asked(api, group)
    known = sandbox.world.feed.last

    await kate.votes(poll, 2)

    (change,) = sandbox.world.feed.since(known)
    assert (change["kind"], change["chat_id"]) == ("vote", group.id)
    assert change["message"]["voted"] == {str(kate.id): [2]}
    assert change["message"]["poll"]["options"][2]["voter_count"] == 1
