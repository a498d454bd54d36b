"""A person votes in a poll: https://core.telegram.org/bots/api#poll."""

from __future__ import annotations

from sandbox.errors import bad_request
from sandbox.kinds import poll
from sandbox.model import Json, Message, Person
from sandbox.people import acting
from sandbox.world import World


def vote(world: World, person: Person, message: Message, chosen: list[int]) -> None:
    """Choose options by their numbers, or take one's vote back by choosing none.

    “Bots receive only updates about … polls, which are sent by the bot”, and who voted only where
    a poll is not anonymous (#update, poll and poll_answer).
    """
    acting.may_act(message.chat, person)
    asked: Json = message.view.get("poll") or {}
    _check(asked, chosen, voted=person.id in message.votes)
    message.votes.pop(person.id, None)
    if chosen:
        message.votes[person.id] = chosen
    world.count(message, poll.counted(asked, message.votes))
    if message.author_id != world.bot.id or not world.bot_present(message.chat):
        return
    world.updates.put("poll", message.view["poll"])
    if not asked["is_anonymous"]:
        world.updates.put("poll_answer", poll.answer(asked, person.json(), chosen))


def _check(asked: Json, chosen: list[int], *, voted: bool) -> None:
    if not asked:
        raise bad_request("there is no poll in this message")
    if asked["is_closed"]:
        raise bad_request("the poll is closed")
    if voted and not asked["allows_revoting"]:
        raise bad_request("a vote in this poll can't be changed")
    if len(chosen) > 1 and not asked["allows_multiple_answers"]:
        raise bad_request("this poll takes one answer")
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(range(len(asked["options"]))):
        raise bad_request(f"there are no such options: {chosen}")
