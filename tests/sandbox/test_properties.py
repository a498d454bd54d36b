"""Whatever people do and however a bot asks: confirmed means forgotten, and nothing else is."""

import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import Clock
from sandbox.model import Person
from sandbox.updates import UpdateQueue
from sandbox.world import World
from tests.sandbox.conftest import NOON

STEPS = st.lists(st.one_of(st.just("write"), st.integers(-3, 8)), max_size=40)


@given(STEPS)
def test_exactly_what_lies_below_an_offset_is_forgotten(steps: list[str | int]) -> None:
    """A number is a getUpdates with that offset, counted from the first update."""
    queue = UpdateQueue(Clock(lambda: NOON), random.Random(1))
    first = queue.put("message", {}) or 0
    waiting, written = [first], 1

    for step in steps:
        if isinstance(step, str):
            waiting.append(first + written)
            queue.put("message", {})
            written += 1
            continue
        if step < 0:
            waiting = [one for one in waiting if one >= first + written + step]
        elif step > 0:
            waiting = [one for one in waiting if one >= first + step]
        offset = first + step if step > 0 else step
        batch = asyncio.run(queue.get(offset, 100, 0))
        assert [update["update_id"] for update in batch] == waiting


@given(st.lists(st.integers(0, 3), max_size=60))
def test_no_message_has_two_ids_and_no_id_two_messages(places: list[int]) -> None:
    bot = Person(1, "Bot", is_bot=True)
    world = World(bot, Clock(lambda: NOON), random.Random(1))
    chats = [world.add_person(Person(number, "A")) for number in (10, 11)]
    chats += [world.add_group("G", supergroup=False), world.add_group("S", supergroup=True)]

    for place in places:
        world.add_message(chats[place], bot, {"text": "x"})

    shared = [i for chat in chats[:3] for i in chat.messages]
    assert sorted(shared) == list(range(1, len(shared) + 1))
    assert list(chats[3].messages) == list(range(1, len(chats[3].messages) + 1))
