"""Polls: https://core.telegram.org/bots/api#poll and #sendpoll."""

from __future__ import annotations

from collections import Counter

from sandbox import entities, units
from sandbox.errors import bad_request
from sandbox.model import Json
from sandbox.params import Params
from sandbox.world import World

LONGEST_QUESTION = 300
LONGEST_OPTION = 100
MOST_OPTIONS = 12


def make(world: World, question: str, options: list[str], **more: object) -> Json:
    """A new poll without votes."""
    listed = [
        {"persistent_id": str(number), "text": text, "voter_count": 0}
        for number, text in enumerate(options)
    ]
    flags = {"is_closed": False, "is_anonymous": True, "allows_multiple_answers": False}
    flags |= {"allows_revoting": True, "members_only": False}
    identity = str(world.rng.randrange(10**18, 9 * 10**18))
    view: Json = {"id": identity, "question": question, "options": listed}
    return view | {"total_voter_count": 0, "type": "regular"} | flags | more


def asked(world: World, params: Params) -> Json:
    """The poll that sendPoll describes."""
    question, found = entities.read(params, "question", world.person, prefix="question_")
    if not 1 <= units.length(question) <= LONGEST_QUESTION:
        raise bad_request("poll question must be non-empty and not too long")
    given = params.json("options", "options")
    if not isinstance(given, list):
        raise bad_request("can't parse options JSON object")
    options = [_option(option) for option in given]
    if not 1 <= len(options) <= MOST_OPTIONS:
        raise bad_request(f"poll must have at most {MOST_OPTIONS} options and at least 1")
    more: Json = {"question_entities": found} if found else {}
    if "is_anonymous" in params:
        more["is_anonymous"] = params.boolean("is_anonymous")
    if params.text("type") == "quiz":
        more |= {"type": "quiz", "allows_revoting": False}
        more["correct_option_ids"] = params.json("correct_option_ids", "options") or []
    more["allows_multiple_answers"] = params.boolean("allows_multiple_answers")
    more["is_closed"] = params.boolean("is_closed")
    return make(world, question, options, **more)


def _option(given: object) -> str:
    text = str(given.get("text", "") if isinstance(given, dict) else given)
    if not 1 <= units.length(text) <= LONGEST_OPTION:
        raise bad_request("poll options must be non-empty and not too long")
    return text


def counted(poll: Json, votes: dict[int, list[int]]) -> Json:
    """The poll with these votes: the options that each person chose."""
    totals = Counter(number for chosen in votes.values() for number in chosen)
    options = [
        option | {"voter_count": totals[number]} for number, option in enumerate(poll["options"])
    ]
    return poll | {"options": options, "total_voter_count": len(votes)}


def answer(poll: Json, voter: Json, chosen: list[int]) -> Json:
    """https://core.telegram.org/bots/api#pollanswer: empty when a vote was taken back."""
    ids = [poll["options"][number]["persistent_id"] for number in chosen]
    return {
        "poll_id": poll["id"],
        "user": voter,
        "option_ids": chosen,
        "option_persistent_ids": ids,
    }
