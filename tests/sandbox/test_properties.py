"""Whatever people do and however a bot asks: confirmed means forgotten, and nothing else is."""

import asyncio
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sandbox import keeping, threads, topics
from sandbox.clock import Clock
from sandbox.methods.updates import get_updates
from sandbox.model import GENERAL, PRESENT, Chat, Message, Person, Topic
from sandbox.params import Params
from sandbox.people import acting, membership
from sandbox.updates import FURTHEST_OFFSET, KEPT_SECONDS, QUIET_WEEK
from sandbox.world import World
from tests.sandbox.conftest import NOON

Seen = tuple[str, int, int | None]  # kind of the update, chat, message
HOUR = 3600
LONGEST_WAIT = 13  # hours
BOT = Person(1, "Bot", username="desk_bot", is_bot=True)
COMMAND = "/go@desk_bot"  # what privacy mode lets through
TEXTS = st.sampled_from(["hello", COMMAND])
STATUSES = st.sampled_from(["member", "administrator", "restricted", "left", "kicked"])
OFFSETS = st.one_of(
    st.just(("none", 0)),
    st.tuples(st.just("from the end"), st.integers(-6, -1)),
    st.tuples(st.just("near the next"), st.integers(-8, FURTHEST_OFFSET + 3)),
    st.tuples(st.just("far ahead"), st.integers(1_000, 10**9)),
)
ANY = st.integers(0, 10**6)  # which of those there are


class Conversations(RuleBasedStateMachine):
    """Two people, any groups, one bot; beside them a list of what the bot has yet to confirm."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(lambda: NOON)
        self.world = World(BOT, self.clock, random.Random(1))
        self.people = [Person(10, "Alice"), Person(11, "Bob")]
        for person in self.people:
            self.world.add_person(person)
        self.waiting: list[tuple[int, float, Seen]] = []
        self.next_id, self.last_at = 0, NOON
        self.ids: dict[tuple[int, int], Message] = {}
        self.last: Counter[int] = Counter()  # by supergroup; 0 is the counter the others share

    @initialize()
    def a_first_message_shows_where_numbers_begin(self) -> None:
        self.write(0, 0, "hello")
        self.next_id = asked(self.world, 0, 1)[0]["update_id"] + 1
        self.waiting = [(self.next_id - 1, NOON, seen) for _, _, seen in self.waiting]

    def expect(self, kind: str, chat: Chat, message: int | None = None) -> None:
        self.last_at = self.clock.now()
        self.waiting.append((self.next_id, self.last_at, (kind, chat.id, message)))
        self.next_id += 1

    def place(self, which: int) -> Chat:
        open_chats = [c for c in self.world.chats.values() if c.migrated_to is None]
        return open_chats[which % len(open_chats)]

    def group(self, which: int) -> Chat | None:
        groups = [c for c in self.world.chats.values() if not c.private and c.migrated_to is None]
        return groups[which % len(groups)] if groups else None

    def forum(self, which: int) -> Chat | None:
        forums = [c for c in self.world.chats.values() if c.is_forum]
        return forums[which % len(forums)] if forums else None

    def message(self, which: int) -> Message | None:
        """Pick one by a person, not the bot, in a chat where that person may still act."""
        own = [m for m in self.ids.values() if m.author_id != BOT.id and not m.service]
        there = [m for m in own if m.id in m.chat.messages]
        usable = [m for m in there if not m.chat.blocked and m.chat.migrated_to is None]
        return usable[which % len(usable)] if usable else None

    def shows(self, chat: Chat, text: str) -> bool:
        """Whether the bot is to get this text: the rules once more, in other words."""
        if chat.private:
            return not chat.blocked
        status = chat.status_of(BOT.id)
        return status == "administrator" or (status in PRESENT and text == COMMAND)

    @rule(who=st.integers(0, 1), where=ANY, text=TEXTS)
    def write(self, who: int, where: int, text: str) -> None:
        chat = self.place(where)
        person = chat.person or self.people[who]
        if chat.blocked:
            return
        message = acting.post(self.world, person, chat, acting.text_fields(text, None))
        if self.shows(chat, text):
            self.expect("message", chat, message.id)

    @rule(where=ANY)
    def the_bot_writes(self, where: int) -> None:
        self.world.add_message(self.place(where), BOT, {"text": "an answer"})

    @rule(which=ANY, text=TEXTS)
    def edit(self, which: int, text: str) -> None:
        if (message := self.message(which)) is None:
            return
        chat, known = message.chat, message.seen_by_bot
        author = self.world.people[message.author_id]
        acting.edit(self.world, author, message, acting.text_fields(text, None))
        present = chat.private or chat.status_of(BOT.id) in PRESENT
        if present and (known or self.shows(chat, text)):
            self.expect("edited_message", chat, message.id)

    @rule(which=ANY)
    def press(self, which: int) -> None:
        if (message := self.message(which)) is not None:
            author = self.world.people[message.author_id]
            acting.press(self.world, author, message, None, "data")
            self.expect("callback_query", message.chat, message.id)

    @rule(which=ANY)
    def delete(self, which: int) -> None:
        if (message := self.message(which)) is not None:
            self.world.delete(message)

    @rule(who=st.integers(0, 1))
    def block_or_unblock(self, who: int) -> None:
        chat = self.world.chats[self.people[who].id]
        membership.block(self.world, self.people[who], blocked=not chat.blocked)
        self.expect("my_chat_member", chat)

    @rule(
        kind=st.sampled_from(["group", "supergroup", "forum"]),
        bot=st.sampled_from(["member", "administrator", None]),
    )
    def make_group(self, kind: str, bot: str | None) -> None:
        supergroup, forum = kind != "group", kind == "forum"
        chat = membership.create_group(
            self.world, "Group", self.people, supergroup=supergroup, forum=forum, bot=bot
        )
        self.last[chat.id] = GENERAL if forum else 0
        if bot is not None:
            self.expect("my_chat_member", chat)
            self.expect("message", chat, max(chat.messages))
        if bot == "administrator":
            self.expect("my_chat_member", chat)

    @rule(where=ANY, status=STATUSES)
    def change_the_bots_status(self, where: int, status: str) -> None:
        if (chat := self.group(where)) is None:
            return
        before = chat.status_of(BOT.id)
        membership.change(self.world, chat, BOT, status, by=self.people[0])
        self.expect("my_chat_member", chat)
        if before not in PRESENT and status in PRESENT:
            self.expect("message", chat, max(chat.messages))

    @rule(where=ANY)
    def migrate(self, where: int) -> None:
        if (chat := self.group(where)) is None or chat.type == "supergroup":
            return
        new = membership.upgrade(self.world, chat, self.people[0])
        if chat.status_of(BOT.id) in PRESENT:
            self.expect("message", chat, max(chat.messages))
            self.expect("message", new, 1)

    @rule(where=ANY, by_bot=st.booleans())
    def open_a_topic(self, where: int, by_bot: bool) -> None:
        if (chat := self.forum(where)) is None:
            return
        present = chat.status_of(BOT.id) in PRESENT
        if by_bot and not present:
            return
        topic = topics.create(self.world, chat, BOT if by_bot else self.people[0], "Topic")
        if present:
            self.expect("message", chat, topic.id)

    @rule(where=ANY, which=ANY, text=TEXTS)
    def write_in_a_topic(self, where: int, which: int, text: str) -> None:
        if (chat := self.forum(where)) is None or (topic := topic_in(chat, which)) is None:
            return
        content = acting.text_fields(text, None)
        message = acting.post(self.world, self.people[0], chat, content, thread=topic.id)
        assert threads.topic_of(message) is topic
        if self.shows(chat, text):
            self.expect("message", chat, message.id)

    @rule(where=ANY, which=ANY)
    def close_or_open_a_topic(self, where: int, which: int) -> None:
        if (chat := self.forum(where)) is None or (topic := topic_in(chat, which)) is None:
            return
        topics.close(self.world, chat, topic, self.people[0], closed=not topic.closed)
        if chat.status_of(BOT.id) in PRESENT:
            self.expect("message", chat, max(chat.messages))

    @rule(where=ANY, which=ANY)
    def delete_a_topic(self, where: int, which: int) -> None:
        if (chat := self.forum(where)) is not None and (topic := topic_in(chat, which)) is not None:
            topics.delete(self.world, chat, topic)

    @rule(where=ANY)
    def turn_topics_on_or_off(self, where: int) -> None:
        if (chat := self.group(where)) is not None and chat.type == "supergroup":
            topics.turn(self.world, chat, on=not chat.is_forum)

    @rule()
    def end_and_go_on_from_the_kept_state(self) -> None:
        state = json.loads(json.dumps(keeping.describe(self.world)))
        self.clock = Clock(lambda: NOON)
        self.world = World(BOT, self.clock, random.Random(2))
        keeping.rebuild(self.world, state, Path())
        self.people = [self.world.people[person.id] for person in self.people]
        there = self.world.chats
        self.ids = {key: there[key[0]].messages.get(key[1], m) for key, m in self.ids.items()}

    @precondition(
        lambda self: self.clock.now() - self.last_at < QUIET_WEEK - (LONGEST_WAIT + 1) * HOUR
    )
    @rule(hours=st.integers(1, LONGEST_WAIT))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours * HOUR)

    @rule(offset=OFFSETS, limit=st.sampled_from([-1, 1, 2, 5, 100, 1000]))
    def get_updates(self, offset: tuple[str, int], limit: int) -> None:
        how, number = offset
        below = self.next_id + number
        ignored = how == "none" or number > FURTHEST_OFFSET
        confirmed = 0 if ignored else below
        given = number if how in {"none", "from the end"} else below

        batch = asked(self.world, given, limit)

        oldest = self.clock.now() - KEPT_SECONDS
        self.waiting = [one for one in self.waiting if one[0] >= confirmed and one[1] >= oldest]
        expected = [(update_id, seen) for update_id, _, seen in self.waiting]
        assert [told(update) for update in batch] == expected[: min(max(limit, 1), 100)]

    @invariant()
    def every_message_has_one_id_of_its_own(self) -> None:
        new: list[Message] = []
        for chat in self.world.chats.values():
            for number, message in chat.messages.items():
                assert number == message.id == message.view["message_id"]
                assert message.view["chat"]["id"] == chat.id
                if (chat.id, number) not in self.ids:
                    new.append(message)
                assert self.ids.setdefault((chat.id, number), message) is message
        for message in sorted(new, key=lambda one: one.id):
            counter = message.chat.id if message.chat.type == "supergroup" else 0
            self.last[counter] += 1
            assert message.id == self.last[counter]

    @invariant()
    def what_is_in_a_topic_says_so_and_replies_to_its_first_message(self) -> None:
        for chat in self.world.chats.values():
            for message in chat.messages.values():
                view = message.view
                assert ("is_topic_message" in view) == (threads.topic_of(message) is not None)
                if "is_topic_message" in view and message.id != view["message_thread_id"]:
                    first = chat.messages[view["message_thread_id"]]
                    assert threads.opens(first.view)
                    assert view["reply_to_message"]["message_id"] == first.id


def topic_in(chat: Chat, which: int) -> Topic | None:
    listed = list(chat.topics.values())
    return listed[which % len(listed)] if listed else None


def asked(world: World, offset: int, limit: int) -> list[Any]:
    params = Params.of({"offset": offset, "limit": limit})
    return asyncio.run(get_updates(world, params))  # type: ignore[arg-type]


def told(update: dict[str, Any]) -> tuple[int, Seen]:
    """An update as the list of those that wait has it."""
    update_id, kind = update["update_id"], next(name for name in update if name != "update_id")
    body = update[kind]
    message = body.get("message", body)
    return update_id, (kind, message["chat"]["id"], message.get("message_id"))


def test_offsets_confirm_what_they_should_and_no_message_has_two_ids() -> None:
    run_state_machine_as_test(
        Conversations,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            derandomize=bool(os.environ.get("CI")),
        ),
    )
