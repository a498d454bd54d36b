"""Everything that exists: the bot, people, chats, messages, and what follows from a new one.

Message ids: the private chats and basic groups of a bot share one counter, and each supergroup has
its own, from 1. Chat ids: a private chat has its user's id, a basic group a negative one, a
supergroup one that begins with -100 (https://core.telegram.org/api/bots/ids).
"""

from __future__ import annotations

import random
from collections import Counter

from sandbox import privacy
from sandbox.clock import Clock
from sandbox.feed import Feed
from sandbox.files import Files
from sandbox.model import GENERAL, PRESENT, Callback, Chat, Json, Member, Message, Person
from sandbox.updates import UpdateQueue

FIRST_USER = 700_000_001
FIRST_GROUP = -4_000_000_001
FIRST_SUPERGROUP = -1_002_000_000_001
# The accounts that stand for anonymous administrators and for channels in groups.
ANONYMOUS = Person(1_087_968_824, "Group", username="GroupAnonymousBot", is_bot=True)
CHANNEL_BOT = Person(136_817_688, "Channel", username="Channel_Bot", is_bot=True)
# Service messages of its own of which a bot is told: Client::need_skip_update_message in
# tdlib/telegram-bot-api.
TOLD_OF_OWN = frozenset(
    {
        "pinned_message",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
    }
)


class World:
    """The state of one sandbox, in memory."""

    def __init__(self, bot: Person, clock: Clock, rng: random.Random) -> None:
        """A bot, and nobody else yet."""
        self.bot = bot
        self.clock = clock
        self.rng = rng
        self.privacy_mode = True
        self.people: dict[int, Person] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.updates = UpdateQueue(clock, rng, self._confirmed)
        self.feed = Feed()
        self.files = Files(bot.id)
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}  # by what it is and language
        self.menu_buttons: dict[int, Json] = {}  # by private chat; 0 is the default
        self.callbacks: dict[str, Callback] = {}
        self._last_shared_id = 0
        self._last_user_id = FIRST_USER - 1
        self._last_album = 13_000_000_000_000_000

    def counters(self) -> Json:
        """The last number given out of each kind."""
        return {
            "message": self._last_shared_id,
            "user": self._last_user_id,
            "album": self._last_album,
        }

    def count_from(self, counters: Json) -> None:
        """Go on counting after these numbers."""
        self._last_shared_id = counters["message"]
        self._last_user_id = counters["user"]
        self._last_album = counters["album"]

    @property
    def date(self) -> int:
        """Now, as messages carry it."""
        return int(self.clock.now())

    def person(self, person_id: int) -> Person | None:
        """The person with this id."""
        return self.people.get(person_id)

    def add_person(self, person: Person) -> Chat:
        """A new person, and their chat with the bot, which is not open yet."""
        self.people[person.id] = person
        chat = Chat(person.id, "private", person=person)
        chat.members = {who.id: Member(who) for who in (person, self.bot)}
        self.chats[chat.id] = chat
        return chat

    def free_user_id(self) -> int:
        """The next id nobody has."""
        self._last_user_id += 1
        while self._last_user_id in self.people:
            self._last_user_id += 1
        return self._last_user_id

    def add_group(
        self, title: str, *, supergroup: bool, forum: bool = False, chat_id: int | None = None
    ) -> Chat:
        """An empty group, with the next id of its kind unless one is given."""
        kind = "supergroup" if supergroup else "group"
        if chat_id is None:
            first = FIRST_SUPERGROUP if supergroup else FIRST_GROUP
            chat_id = first - sum(1 for chat in self.chats.values() if chat.type == kind)
            while chat_id in self.chats:
                chat_id -= 1
        chat = Chat(chat_id, kind, title=title, is_forum=forum, last_id=GENERAL if forum else 0)
        self.chats[chat.id] = chat
        return chat

    def next_message_id(self, chat: Chat) -> int:
        """The id of the next message in `chat`, from whichever counter is its own."""
        if chat.type != "supergroup":
            self._last_shared_id += 1
            return self._last_shared_id
        chat.last_id += 1
        return chat.last_id

    def last_message_id(self, chat: Chat) -> int:
        """The id of the newest message in that counter, also if it is deleted by now."""
        return chat.last_id if chat.type == "supergroup" else self._last_shared_id

    def next_album_id(self) -> str:
        """A media_group_id."""
        self._last_album += 1
        return str(self._last_album)

    def bot_present(self, chat: Chat) -> bool:
        """Whether the bot gets anything from there."""
        return not chat.blocked if chat.private else chat.status_of(self.bot.id) in PRESENT

    def add_message(
        self,
        chat: Chat,
        author: Person,
        content: Json,
        *,
        sender_chat: Json | None = None,
        service: bool = False,
        silent: bool = False,
        keyboard: Json | None = None,
        receiver: Person | None = None,
    ) -> Message:
        """Put a message into a chat; the bot gets an update if it may see it.

        With a `receiver` it is ephemeral: between the bot and one person, and seen by nobody else.
        """
        view: Json = self._identity(chat, receiver) | {"from": author.json()}
        if sender_chat is not None:
            view["sender_chat"] = sender_chat
        view |= {"date": self.date, "chat": chat.json()} | content
        if keyboard and "inline_keyboard" in keyboard:
            view["reply_markup"] = keyboard
        if chat.protected:
            view["has_protected_content"] = True
        message_id = view["message_id"] or -view["ephemeral_message_id"]
        message = Message(chat, message_id, author.id, view, service=service, silent=silent)
        message.keyboard = keyboard
        if receiver is not None:
            message.only_for = author.id if receiver is self.bot else receiver.id
            message.stands_after = self.last_message_id(chat)
            message.lost = author is self.bot and chat.loses_ephemeral
        chat.messages[message.id] = message
        if receiver is None and (author is self.bot or _is_other_bot(author)):
            chat.last_bot_id = author.id
        if author is not self.bot:
            message.seen_by_bot = self._tell("message", message)
        elif service and TOLD_OF_OWN & content.keys():
            self.updates.put("message", view)
        self._show("message", message)
        return message

    def _identity(self, chat: Chat, receiver: Person | None) -> Json:
        """How the bot is told of a message: an ephemeral one has the message_id 0."""
        if receiver is None:
            return {"message_id": self.next_message_id(chat)}
        chat.last_ephemeral_id += 1
        named = {"ephemeral_message_id": chat.last_ephemeral_id, "receiver_user": receiver.json()}
        return {"message_id": 0} | named

    def _show(self, kind: str, message: Message) -> None:
        """Tell people's clients of it, unless it was lost on the way to them."""
        if not message.lost:
            self.feed.put(kind, message.chat.id, message=self.shown(message))

    def _bot_may_see(self, message: Message) -> bool:
        if not self.bot_present(message.chat):
            return False
        reader = privacy.Reader(self.bot, self.privacy_mode)
        return reader.sees(message, self.people.get(message.author_id))

    def _tell(self, kind: str, message: Message) -> bool:
        """Send the bot an update about somebody else's message, if it may see it."""
        if not self._bot_may_see(message):
            return False
        self.updates.put(kind, message.view)
        return True

    def _confirmed(self, body: Json) -> None:
        """The bot has confirmed an update: a person's message gets its second tick."""
        view = body.get("message")
        if not isinstance(view, dict) or not isinstance(view.get("chat"), dict):
            return
        chat = self.chats.get(view["chat"].get("id"))
        message_id = view.get("message_id") or -view.get("ephemeral_message_id", 0)
        message = chat.messages.get(message_id) if chat else None
        if message is not None and not message.taken:
            message.taken = True
            self.feed.put("taken", message.chat.id, message_id=message.id)

    def change(self, message: Message, view: Json, *, by_bot: bool) -> None:
        """Replace what a message says."""
        message.view = view | {"edit_date": max(self.date, view["date"])}
        message.edits += 1
        known = message.seen_by_bot and self.bot_present(message.chat)
        if not by_bot and (known or self._bot_may_see(message)):
            message.seen_by_bot = True
            self.updates.put("edited_message", message.view)
        self._show("edit", message)

    def react(self, message: Message, person_id: int, chosen: list[Json]) -> list[Json]:
        """Replace someone's reactions; what they were before."""
        before = message.reactions.pop(person_id, [])
        if chosen:
            message.reactions[person_id] = chosen
        self.feed.put("reaction", message.chat.id, message=self.shown(message), by=person_id)
        return before

    def count(self, message: Message, poll: Json) -> None:
        """Show new votes; a vote is no edit."""
        message.view = message.view | {"poll": poll}
        self.feed.put("vote", message.chat.id, message=self.shown(message))

    def delete(self, message: Message) -> None:
        """Take a message out of its chat; bots are never told."""
        message.chat.messages.pop(message.id, None)
        self.feed.put("delete", message.chat.id, message_id=message.id)

    def shown(self, message: Message) -> Json:
        """A message as people in the chat see it: with its reactions and its keyboard.

        An ephemeral one has the id by which its receiver's client knows it.
        """
        reacted = {
            str(person): [str(one.get("emoji") or one.get("custom_emoji_id")) for one in chosen]
            for person, chosen in message.reactions.items()
        }
        delivery = "taken" if message.taken else "waiting"
        return message.view | {
            "message_id": message.id,
            "only_for": message.only_for,
            "stands_after": message.stands_after,
            "reactions": Counter(name for names in reacted.values() for name in names),
            "reacted": reacted,
            "voted": {str(person): chosen for person, chosen in message.votes.items()},
            "keyboard": message.keyboard,
            "edits": message.edits,
            "silent": message.silent,
            "delivery": delivery if message.seen_by_bot else "hidden",
        }


def _is_other_bot(author: Person) -> bool:
    """Anonymous administrators and channels only look like bots."""
    return author.is_bot and author.id not in {ANONYMOUS.id, CHANNEL_BOT.id}
