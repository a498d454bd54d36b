"""Scenes: short stories that random operations would hardly ever make, added to a plan.

Each has a random generator of its own, made from the seed, so a new scene does not change the plan
of a known seed that is played without it.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tests.proofs.simulation.script import Operation, Plan

# The share of seeds that have a scene: one of those below.
CHANCE = 0.15

DAY = 24 * 3600.0

# A refusal in words that the bot does not know, as Telegram may use one day.
UNKNOWN_WORDS = "Bad Request: CHAT_TAKES_NOTHING_TODAY"


def by_chance(seed: int) -> list[str]:
    """Choose the scenes of a seed: none or one."""
    rng = random.Random(f"scenes {seed}")
    return [rng.choice(list(SCENES))] if rng.random() < CHANCE else []


def play(plan: Plan, names: Iterable[str]) -> Plan:
    """Add the scenes to a plan."""
    for name in names:
        plan = SCENES[name](random.Random(f"{name} {plan.seed}"), plan)
    return plan


def _crowd(rng: random.Random, plan: Plan) -> Plan:
    """Some users write more than the limits let through; others write now and then.

    There are few other troubles, because the promise about waiting only holds without them.
    """
    talkers, quiet = rng.randint(2, 4), rng.randint(3, 6)
    users = plan.users + talkers + quiet
    talks = ("photo", "photo", "write", "edit", "album", "content")
    found = [
        _by(rng, rng.choice(talks), rng.uniform(0.5, 12), plan.users + rng.randrange(talkers))
        for _ in range(rng.randint(40, 70))
    ]
    for user in range(plan.users + talkers, users):
        first = rng.uniform(1, 60)
        found += [_by(rng, "write", at, user) for at in (first, first + rng.uniform(5, 60))]
    others = [one for one in plan.operations if one.do in _HARMLESS or rng.random() < 0.1]
    return replace(_with(replace(plan, operations=tuple(others)), found), users=users, limits=True)


def _stubborn(rng: random.Random, plan: Plan) -> Plan:
    """Telegram keeps failing at one message, and accepts all others."""
    user, begins = rng.randrange(plan.users), rng.uniform(3, 20)
    lasts = rng.uniform(330, 420)
    how = {"user": user, "seconds": lasts, "photo": rng.random() < 0.5}
    found = [_by(rng, "write", begins - 2, user), Operation(begins, "stubborn", how)]
    found += [_by(rng, "write", begins + 1 + one, user) for one in range(rng.randint(1, 3))]
    other = plan.users
    at = begins
    while at < begins + lasts:
        at += rng.uniform(10, 25)
        found.append(_by(rng, "write", at, other))
    return replace(_with(plan, found), users=plan.users + 1)


def _refusal(rng: random.Random, plan: Plan) -> Plan:
    """A chat refuses everything for a while, in words that the bot does not know."""
    begins, lasts = rng.uniform(2, 12), rng.choice((3.0, 20.0, 70.0, 150.0))
    where, user = rng.choice(("staff", "staff", "user")), rng.randrange(plan.users)
    how = {"where": where, "user": user, "seconds": lasts, "words": UNKNOWN_WORDS}
    found = [Operation(begins, "refuse", how)]
    for at in (0.5, 1.0, lasts / 2, lasts - 0.5, lasts + 2, lasts + 10):
        found.append(_by(rng, "write", begins + at, rng.randrange(plan.users)))
        found.append(_by(rng, "reply", begins + at + rng.random(), user))
    return _with(plan, found)


def _leap(rng: random.Random, plan: Plan) -> Plan:
    """The machine's clock jumps by more than a day while Telegram often does not answer."""
    at = rng.uniform(3, 25)
    found = [Operation(at, "clock", {"seconds": rng.choice((26, 26, -26, 8 * 24)) * 3600.0})]
    weather = {"kind": rng.choice(("cut_before", "cut_after", "html")), "chance": 0.7}
    how = weather | {"seconds": rng.uniform(2, 10), "method": "sendMessage"}
    found.append(Operation(at - rng.uniform(0, 2), "weather", how))
    times = [at + rng.uniform(-2, 5) for _ in range(4)]
    found += [_by(rng, "write", one, rng.randrange(plan.users)) for one in times]
    return _with(plan, found)


def _leaver(rng: random.Random, plan: Plan) -> Plan:
    """A colleague leaves a group where strangers can write, or is removed, and goes on replying."""
    leaves = rng.uniform(3, 12)
    status = rng.choice(("left", "kicked"))
    found = [Operation(0.1, "link"), Operation(leaves, "leave", {"status": status})]
    found.append(_by(rng, "write", rng.uniform(0.5, leaves), rng.randrange(plan.users)))
    for _ in range(rng.randint(3, 8)):
        how = {"pick": rng.random() ** 2, "presses": rng.random() < 0.5}
        found.append(Operation(leaves + rng.uniform(0, 15), "act_after_leaving", how))
    return _with(plan, found)


def _old_cards(rng: random.Random, plan: Plan) -> Plan:
    """A backup is restored, new tickets get the keys of lost ones, and people use the old cards."""
    users = max(plan.users, 2)
    before, after = rng.sample(range(users), 2)
    saved = rng.uniform(0.2, 1)
    restored = saved + rng.uniform(3, 8)
    found = [
        Operation(saved, "save"),
        _by(rng, "write", saved + 0.5, before),
        Operation(restored, "restore", {"turns": rng.randrange(120), "down": 0.2}),
        _by(rng, "write", restored + 2, after),
    ]
    for _ in range(4):
        do = rng.choice(("old_reply", "old_press"))
        found.append(_by(rng, do, restored + 4 + rng.uniform(0, 15), before))
    late = [one for one in plan.operations if one.at > restored + 3]  # so that keys are used again
    return replace(_with(replace(plan, operations=tuple(late)), found), users=users)


_BY_STAFF = ("reply", "reply", "note", "press", "command", "list", "slip", "edit_reply")


def _two_teams(rng: random.Random, plan: Plan) -> Plan:
    """There are two staff chats; the second one moves, or the operator chooses another main one."""
    users = [plan.users, plan.users + 1]
    found = [Operation(0.1, "second_team", {"users": users})]
    for user in users:
        times = sorted(rng.uniform(0.5, 25) for _ in range(rng.randint(2, 4)))
        talks = ("write", "write", "photo", "edit", "album", "thanks")
        found += [
            _by(rng, rng.choice(talks) if n else "write", at, user) for n, at in enumerate(times)
        ]
    for _ in range(rng.randint(5, 12)):
        do = rng.choice(_BY_STAFF)
        at = rng.uniform(2, 28)
        how = _by(rng, do, at, users[0]).how
        if do == "command":
            how["text"] = rng.choice(("/close", "/take", "/reopen", "/nonsense"))
        found.append(Operation(round(at, 3), "in_second_team", {"do": do, "how": how}))
    if rng.random() < 0.5:
        found.append(Operation(rng.uniform(4, 25), "in_second_team", {"do": "upgrade", "how": {}}))
    if rng.random() < 0.4:
        how = {"down": rng.choice((0.2, 3.0)), "turns": rng.randrange(120)}
        found.append(Operation(rng.uniform(4, 25), "choose", how))
    for _ in range(rng.randint(3, 8)):
        do = rng.choice(("command_by_number", "press_of_others"))
        text, number = rng.choice(("/close", "/take", "/reopen")), rng.randint(1, 4)
        at = round(rng.uniform(2, 28), 3)
        how = {"staff": 0, "text": text, "number": number, "pick": round(rng.random() ** 2, 4)}
        in_second = Operation(at, "in_second_team", {"do": do, "how": how})
        found.append(in_second if rng.random() < 0.5 else Operation(at, do, how))
    return replace(_with(plan, found), users=plan.users + 2)


def _team_words(rng: random.Random, plan: Plan) -> Plan:
    """An administrator changes what users read, while users of several languages write."""
    users = max(plan.users, 3)
    found, at = [Operation(0.1, "speak")], rng.uniform(1, 8)
    for _ in range(rng.randint(1, 4)):
        words = rng.choice(("greeting", "greeting", "confirmation", "closing"))
        how = {"which": words, "language": rng.choice(("en", "ru", "es"))}
        found.append(Operation(at, "settings"))
        asked = at
        for _ in range(3):
            asked += rng.uniform(0.5, 1.5)
            found.append(Operation(asked, "turn_to_words", how))
        for _ in range(rng.randint(1, 2)):
            said, do = asked + rng.uniform(0.5, 4), rng.choice(("say_words", "cancel_words"))
            if rng.random() < 0.8:
                do = "say_words"
            found.append(Operation(said, do, {"pick": rng.random() ** 4}))
        at += rng.uniform(1, 7)
    for _ in range(rng.randint(4, 10)):
        do, user = rng.choice(("start", "start", "write", "press")), rng.randrange(users)
        found.append(_by(rng, do, rng.uniform(0.5, 29), user))
    return replace(_with(plan, found), users=users)


def _several(rng: random.Random, plan: Plan) -> Plan:
    """Users open several tickets, and reply to what is in one or another of them."""
    found = []
    asks = ("another", "another", "wish", "press_own", "press_own")
    for user in range(plan.users):
        times = [rng.uniform(0.5, 25) for _ in range(rng.randint(2, 8))]
        found += [_by(rng, rng.choice(asks), at, user) for at in times]
        for _ in range(rng.randint(2, 6)):
            do = rng.choice(("reply_in_private", "reply_in_private", "write", "album"))
            found.append(_by(rng, do, rng.uniform(2, 29), user))
    for _ in range(rng.randint(4, 10)):
        how = _by(rng, "command", rng.uniform(3, 29), 0)
        how.how["text"] = rng.choice(("/close", "/reopen", "/take"))
        found.append(how if rng.random() < 0.5 else _by(rng, "reply", how.at, 0))
    return _with(plan, found)


def _board(rng: random.Random, plan: Plan) -> Plan:
    """There is a board, and people turn it on and off, unpin and delete it; the group may move."""
    found = [_turned("on", 0.2)]
    if rng.random() < 0.8:
        found.append(Operation(0.1, "promote"))
    for _ in range(rng.randint(8, 20)):
        at, user = rng.uniform(1, 75), rng.randrange(plan.users)
        do = rng.choice(("write", "write", "reply", "press", "edit", "another", "press_board"))
        found.append(_by(rng, do, at, user))
    for _ in range(rng.randint(0, 4)):
        at, pick = rng.uniform(2, 70), round(rng.random() ** 3, 4)
        unpins = rng.random() < 0.5
        found.append(Operation(at, "remove_board", {"pick": pick, "unpins": unpins}))
    found += [_turned(rng.choice(("on", "off")), rng.uniform(2, 70)) for _ in range(3)]
    if rng.random() < 0.7:
        found.append(_turned("on", 72.0))
    if rng.random() < 0.3:
        found.append(Operation(rng.uniform(5, 60), "upgrade"))
    return _with(plan, found)


def _turned(how: str, at: float) -> Operation:
    return Operation(round(at, 3), "board", {"staff": 0, "how": how})


def _whispers(rng: random.Random, plan: Plan) -> Plan:
    """Staff ask for lists and menus, and reply to what only they see; some of it gets lost."""
    found = []
    if rng.random() < 0.6:
        found.append(Operation(rng.uniform(0.5, 10), "promote"))
    if rng.random() < 0.5:
        begins = rng.uniform(3, 15)
        found.append(Operation(begins, "lose_whispers", {"loses": True}))
        found.append(Operation(begins + rng.uniform(1, 6), "lose_whispers", {"loses": False}))
    for _ in range(rng.randint(4, 12)):
        at = rng.uniform(1, 27)
        how = {"staff": 0, "which": rng.randrange(3), "plain": rng.random() < 0.3}
        found.append(Operation(at, "ask", how))
        for _ in range(rng.randint(0, 3)):
            do = rng.choice(("reply_to_whisper", "press_whisper", "press_whisper"))
            pick = {"pick": round(rng.random() ** 2, 4)}
            found.append(Operation(at + rng.uniform(0.3, 6), do, pick))
    found += [_by(rng, "write", rng.uniform(0.5, 25), user) for user in range(plan.users)]
    return _with(plan, found)


def _merging(rng: random.Random, plan: Plan) -> Plan:
    """Users move messages between their tickets, and staff split and merge these."""
    acts = ("reply_in_private", "write", "move_own", "move_own", "album")
    found = [
        _by(rng, rng.choice(acts), at, user)
        for user in range(plan.users)
        for at in sorted(rng.uniform(3, 29) for _ in range(rng.randint(6, 14)))
    ]
    for _ in range(rng.randint(2, 6)):
        how = {"staff": 0, "numbers": rng.sample(range(1, 6), 2)}
        found.append(Operation(round(rng.uniform(3, 29), 3), "merge", how))
        splits = _by(rng, "command", rng.uniform(3, 29), 0)
        splits.how["text"] = "/split"
        found.append(splits)
    return _with(_several(rng, plan), found)


def _forum(rng: random.Random, plan: Plan) -> Plan:
    """The staff chat is a forum; people close and delete its threads, and its mode may change."""
    found = [Operation(0.1, "forum")]
    if rng.random() < 0.7:
        found += [Operation(at, "hear_threads") for at in (1.0, 2.0, 3.0)]
    for user in range(plan.users):
        asks = ("write", "write", "photo", "another", "edit", "album")
        times = [rng.uniform(0.5, 28) for _ in range(rng.randint(2, 6))]
        found += [_by(rng, rng.choice(asks), at, user) for at in times]
    acts = ("say", "say", "say", "say_note", "shut", "shut", "delete_thread")
    for _ in range(rng.randint(4, 14)):
        do, how = rng.choice(acts), {"pick": round(rng.random() ** 2, 4)}
        how |= {"staff": 0} if do.startswith("say") else {}
        how |= {"closed": rng.random() < 0.7} if do == "shut" else {}
        found.append(Operation(round(rng.uniform(3, 29), 3), do, how))
    for do in ("drop_threads", "take_right"):
        if rng.random() < 0.3:
            how = {"seconds": rng.choice((1.0, 6.0, 30.0))}
            found.append(Operation(round(rng.uniform(2, 25), 3), do, how))
    if rng.random() < 0.4:
        for mode in ("plain", "forum", "plain")[: rng.randint(1, 3)]:
            at = round(rng.uniform(3, 28), 3)
            found.append(Operation(at, "choose_mode", {"mode": mode}))
    if rng.random() < 0.5:
        found += [Operation(at, "close_threads") for at in (1.0, 2.0, 3.0)]
        for _ in range(rng.randint(2, 4)):  # late: whoever writes later opens it again
            closes = _by(rng, "command", rng.uniform(26, 30), 0)
            closes.how["text"] = "/close"
            found.append(closes)
        found += [_by(rng, "write", rng.uniform(39, 47), user) for user in range(plan.users)]
    return _with(plan, found)


SCENES: dict[str, Callable[[random.Random, Plan], Plan]] = {
    "crowd": _crowd,
    "stubborn": _stubborn,
    "refusal": _refusal,
    "leap": _leap,
    "leaver": _leaver,
    "old_cards": _old_cards,
    "two_teams": _two_teams,
    "team_words": _team_words,
    "several": _several,
    "board": _board,
    "whispers": _whispers,
    "merging": _merging,
    "forum": _forum,
}

_HARMLESS = frozenset({"write", "reply", "note", "press", "command", "list", "latency"})


def _by(rng: random.Random, do: str, at: float, user: int) -> Operation:
    how: dict[str, Any] = {"user": user, "staff": 0, "pick": round(rng.random() ** 2, 4)}
    if do in {"photo", "album"}:
        how["kind"] = "photo"
    if do == "album":
        how["count"] = rng.randint(2, 3)
    if do == "content":
        how["kind"] = rng.choice(("contact", "venue", "poll"))
    return Operation(round(at, 3), do, how)


def _with(plan: Plan, found: Iterable[Operation]) -> Plan:
    operations = sorted([*plan.operations, *found], key=lambda one: one.at)
    return replace(plan, operations=tuple(operations))
