"""Plans: what happens in a run, as a list of operations made from the seed alone.

Each seed has only some of the troubles: a few at a time find more mistakes than all at once, as one
trouble hides another (“swarm testing”).
"""

import random
from collections.abc import Iterable
from typing import Any

from tests.proofs.simulation import scenes
from tests.proofs.simulation.script import Operation, Plan

# How long people write at most, in seconds; afterwards everything is healed, and may arrive.
LONGEST = 30.0

# What people do, with the relative frequencies.
TRAFFIC = {
    "write": 30,
    "reply": 22,
    "photo": 5,
    "content": 4,
    "forward": 2,
    "reply_content": 2,
    "album": 3,
    "edit": 8,
    "note": 4,
    "reply_photo": 3,
    "edit_reply": 5,
    "retract": 2,
    "press": 6,
    "command": 4,
    "long": 1,
    "thanks": 1,
    "start": 1,
    "delete": 2,
    "list": 1,
    "slip": 1,
    "decide": 4,
    "robot": 1,
    "intrude": 1,
}
# Troubles, with their relative frequencies; a seed has some of them.
TROUBLES = {
    "die": 5,
    "stop": 2,
    "fault": 6,
    "weather": 3,
    "outage": 1,
    "database": 2,
    "lose_commit": 2,
    "latency": 2,
    "repeat": 2,
    "rival": 1,
    "block": 2,
    "kick": 1,
    "upgrade": 1,
    "clock": 1,
    "delete_copy": 1,
}
# The share of seeds that restore a backup: what was written after it is lost, so fewer promises are
# checked.
RESTORES = 0.04

# The methods that show something in a chat.
SENDS = ("sendMessage", "copyMessage", "sendMediaGroup", "editMessageText", "sendPhoto")

# Telegram's refusals of a call: method (None: any), status, description, parameters.
REFUSALS: list[tuple[str | None, int, str, dict[str, int]]] = [
    (None, 429, "Too Many Requests: retry after {0}", {"retry_after": 0}),
    (None, 429, "Too Many Requests: retry after {0}", {"retry_after": 0}),
    (None, 500, "Internal Server Error", {}),
    ("sendMessage", 403, "Forbidden: bot was kicked from the group chat", {}),
    ("sendMessage", 400, "Bad Request: chat not found", {}),
    ("sendMessage", 400, "Bad Request: not enough rights to send text messages to the chat", {}),
    ("sendMessage", 400, "Bad Request: message to be replied not found", {}),
    ("sendMessage", 400, "Bad Request: message thread not found", {}),
    ("sendMessage", 400, "Bad Request: can't parse entities: unsupported start tag", {}),
    ("sendMessage", 400, "Bad Request: something new", {}),
    ("sendMessage", 401, "Unauthorized", {}),
    ("sendMessage", 404, "Not Found", {}),
    ("editMessageText", 400, "Bad Request: message to edit not found", {}),
    ("editMessageText", 400, "Bad Request: message can't be edited", {}),
    ("copyMessage", 400, "Bad Request: message to copy not found", {}),
    ("copyMessage", 400, "Bad Request: message can't be copied", {}),
    ("sendMediaGroup", 400, "Bad Request: wrong file identifier/HTTP URL specified", {}),
    ("setMessageReaction", 400, "Bad Request: REACTION_INVALID", {}),
]
WEATHER = ("html", "cut_before", "cut_after", "html_after", "garbage", "never_left")


def make(seed: int, scene_names: Iterable[str] | None = None) -> Plan:
    """Make the plan of a seed with these scenes, or if None, with those that the seed chooses."""
    rng = random.Random(f"plan {seed}")
    users, staff = rng.randint(1, 4), rng.randint(1, 2)
    seconds = rng.uniform(5, LONGEST)
    troubles = [one for one in TROUBLES if rng.random() < 0.35]
    weights = {one: weight * rng.choice((1, 1, 3)) for one, weight in TRAFFIC.items()}
    operations = [_traffic(rng, weights, users, staff, seconds) for _ in range(rng.randint(10, 35))]
    operations += [
        _trouble(rng, troubles, users, seconds) for _ in range(rng.randint(1, 8)) if troubles
    ]
    operations += _aimed_deaths(rng, operations) if "die" in troubles else []
    operations += _restore(random.Random(f"restore {seed}"), seconds)
    zone, start = _time(rng)
    made = Plan(
        seed=seed,
        users=users,
        staff=staff,
        limits=rng.random() < 0.15,
        zone=zone,
        start=start,
        operations=tuple(sorted(operations, key=lambda one: one.at)),
        gathers=random.Random(f"gathers {seed}").choice((0, 3)),
    )
    return scenes.play(made, scenes.by_chance(seed) if scene_names is None else scene_names)


def _time(rng: random.Random) -> tuple[str, str]:
    """Choose a time zone and a start: noon, just before midnight, or just before clocks change."""
    return rng.choice(
        [
            ("UTC", "2026-11-23T12:00:00+00:00"),
            ("UTC", "2026-11-23T12:00:00+00:00"),
            ("Europe/Berlin", "2026-11-22T22:59:40+00:00"),
            ("UTC", "2026-11-22T23:59:50+00:00"),
            ("Europe/Berlin", "2026-10-25T00:59:45+00:00"),
            ("America/Havana", "2026-11-01T04:59:45+00:00"),
            ("Asia/Kathmandu", "2026-11-22T18:14:50+00:00"),
        ]
    )


def _traffic(
    rng: random.Random, weights: dict[str, int], users: int, staff: int, seconds: float
) -> Operation:
    do = rng.choices(list(weights), list(weights.values()))[0]
    how: dict[str, Any] = {
        "user": rng.randrange(users),
        "staff": rng.randrange(staff),
        "pick": round(rng.random() ** 2, 4),
    }
    if do == "album":
        how["count"] = rng.randint(2, 4)
    if do in {"photo", "album"}:
        how["kind"] = rng.choice(("photo", "photo", "document", "voice"))
    if do in {"content", "reply_content"}:
        how["kind"] = rng.choice(("contact", "venue", "poll", "sticker", "unknown"))
    if do == "command":
        how["text"] = rng.choice(("/close", "/Close done", "/take", "/REOPEN", "/nonsense"))
    return Operation(round(rng.uniform(0.5, seconds), 3), do, how)


def _aimed_deaths(rng: random.Random, operations: list[Operation]) -> list[Operation]:
    """Make deaths right after something else: most of the time a bot has nothing to do."""
    busy = [one for one in operations if one.do in TRAFFIC]
    return [
        Operation(
            round(rng.choice(busy).at + rng.uniform(0, 0.3), 3),
            "die",
            {"turns": rng.randrange(120), "down": round(rng.uniform(0.1, 3), 2)},
        )
        for _ in range(rng.randint(0, 4))
    ]


def _restore(rng: random.Random, seconds: float) -> list[Operation]:
    """Rarely, restore a backup of the database, so that what was written since is lost."""
    if rng.random() > RESTORES:
        return []
    saved, restored = sorted(round(rng.uniform(0, seconds), 3) for _ in range(2))
    return [
        Operation(saved, "save"),
        Operation(restored, "restore", {"turns": rng.randrange(120), "down": 0.2}),
    ]


def _trouble(  # noqa: C901 - a table
    rng: random.Random, kinds: list[str], users: int, seconds: float
) -> Operation:
    do = rng.choices(kinds, [TROUBLES[one] for one in kinds])[0]
    how: dict[str, Any] = {}
    match do:
        case "die" | "stop":
            how = {"turns": rng.randrange(120), "down": round(rng.choice((0.1, 1, 8)), 2)}
        case "fault":
            how = _refusal(rng)
        case "weather":
            how = {
                "kind": rng.choice(WEATHER),
                "chance": rng.choice((0.05, 0.2, 0.5)),
                "seconds": rng.uniform(2, 15),
                "method": rng.choice((None, None, "getUpdates", "sendMessage")),
            }
        case "outage" | "database":
            how = {"seconds": rng.choice((0.3, 2, 10))}
        case "kick":
            how = {"seconds": rng.choice((2, 20)), "muted": rng.random() < 0.5}
        case "latency":
            how = {"low": 0.05, "high": rng.choice((0.15, 1.0))}
        case "block":
            how = {"user": rng.randrange(users), "seconds": rng.choice((1, 10, 1000))}
        case "repeat":
            how = {"count": rng.randint(1, 5)}
        case "clock":
            how = {"seconds": rng.choice((-3600, 3600, -5, 5))}
        case "delete_copy":
            how = {"pick": rng.random() ** 2}
        case _:
            pass
    return Operation(round(rng.uniform(0.5, seconds), 3), do, how)


def _refusal(rng: random.Random) -> dict[str, Any]:
    method, status, words, parameters = rng.choice(REFUSALS)
    seconds = rng.choice((1, 3, 15))
    return {
        "kind": "error",
        "method": method or rng.choice(SENDS),
        "where": rng.choice(("staff", "user", None)),
        "user": 0,
        "times": rng.choice((1, 1, 3)),
        "status": status,
        "description": words.format(seconds),
        "parameters": dict.fromkeys(parameters, seconds),
    }
