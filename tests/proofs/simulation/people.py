"""People: what they do, an operation each, as their apps would do it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox import media
from sandbox.errors import ApiError, bad_request
from sandbox.model import Chat, Json, Message, Person
from sandbox.people import acting, membership, pinning
from tests.proofs.simulation import tokens
from tests.proofs.simulation.telegram import USERNAME, Telegram

FIRST_USER, FIRST_STAFF, FIRST_SECOND_STAFF = 700_000_001, 700_000_101, 700_000_201
ROBOT = Person(700_000_999, "Robot", is_bot=True)
LEAVER = Person(700_000_997, "Leaver")
INTRUDER = Person(700_000_998, "Intruder")

_NAME = re.compile(r"\bPerson(\d+)\b")

# Whoever asks with a higher pick asks how the group is set up, and not what waits.
ASKS_FOR_SET_UP = 0.5


@dataclass(eq=False)
class Written:
    """What a person wrote to the bot; `words` is its newest wording."""

    token: str
    chat_id: int
    message_id: int
    words: str
    # No user may see it.
    note: bool = False
    # It begins with one slash, so the bot asks what was meant.
    slip: bool = False
    edits: int = 0
    retracted: bool = False
    deleted: bool = False
    at: float = 0.0


@dataclass
class People:
    """Users, staff in one or two groups, and all that they wrote."""

    telegram: Telegram
    users: list[Person] = field(default_factory=list)
    staff: list[Person] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    groups: list[Chat] = field(default_factory=list)
    # The second staff chat, if there is one, its staff, and the users whose tickets are there.
    second_groups: list[Chat] = field(default_factory=list)
    second_staff: list[Person] = field(default_factory=list)
    second_users: set[int] = field(default_factory=set)
    # The groups of the team that does not act now.
    other_groups: list[Chat] = field(default_factory=list)
    # Replies that the bot kept until somebody pressed a button.
    kept: set[str] = field(default_factory=set)
    # The users that each member of staff dealt with: the person's id, and the user's number.
    dealings: set[tuple[int, int]] = field(default_factory=set)
    # What the links that users came by carried, by the token of what the user wrote next.
    links: dict[str, str] = field(default_factory=dict)
    # What users wrote with `/new`, and who asked for another ticket in any way.
    others: set[str] = field(default_factory=set)
    wishing: set[int] = field(default_factory=set)
    # The message in the private chat that a user's words reply to.
    replied: dict[str, int] = field(default_factory=dict)
    # The messages that were in the group before a backup was restored.
    old: set[int] = field(default_factory=set)
    # What the bot is in the group while nobody restricts it.
    bot_status: str = "member"
    # Whether the colleague has left who leaves.
    left: bool = False
    _numbers: dict[str, int] = field(default_factory=dict)
    _decided: set[tuple[int, int]] = field(default_factory=set)
    # Who decided what each slip is, and whether it is a note.
    _slips: dict[str, tuple[Person, bool]] = field(default_factory=dict)

    def arrive(self, users: int, staff: int, *, forum: bool = False) -> None:
        """Create everybody, and the group with the bot in it."""
        world = self.telegram.world
        self.users = [Person(FIRST_USER + n, f"Person{n}") for n in range(users)]
        self.staff = [Person(FIRST_STAFF + n, f"Staff {n}") for n in range(staff)]
        for person in (*self.users, *self.staff, INTRUDER, LEAVER):
            world.add_person(person)
        members = [*self.staff, LEAVER]
        self.bot_status = "administrator" if forum else "member"
        group = membership.create_group(
            world, "Support", members, supergroup=forum, forum=forum, bot=self.bot_status
        )
        self.groups = [group]
        world.updates.clear()

    def add_second_team(self, users: set[int]) -> None:
        """Create a second staff chat with staff of its own, for the tickets of these users."""
        world = self.telegram.world
        self.second_staff = [Person(FIRST_SECOND_STAFF, "Second staff")]
        world.add_person(self.second_staff[0])
        group = membership.create_group(
            world, "Second", self.second_staff, supergroup=False, forum=False, bot="member"
        )
        self.second_groups, self.second_users = [group], users
        self.other_groups = self.second_groups
        world.updates.clear()

    def _in_second_team(self, do: str, how: dict[str, Any]) -> bool:
        """Do something in the second staff chat."""
        if not self.second_groups:
            return False
        here = self.groups, self.staff
        self.groups, self.staff = self.second_groups, self.second_staff
        self.other_groups = here[0]
        try:
            return self.act(do, how)
        finally:
            self.groups, self.staff = here
            self.other_groups = self.second_groups

    def _second_team(self, **_: Any) -> None:
        """Do nothing: the second staff chat is there from the beginning."""

    def _upgrade(self) -> bool:
        return self.upgrade()

    def _decide_all(self) -> bool:
        return self.decide()

    def another_group(self) -> Chat:
        """Create a group that is the main staff chat from now on."""
        group = membership.create_group(
            self.telegram.world, "Another", self.staff, supergroup=False, forum=False, bot="member"
        )
        self.groups.append(group)
        return group

    @property
    def group(self) -> Chat:
        """The staff chat as it is now."""
        return self.groups[-1]

    def act(self, do: str, how: dict[str, Any]) -> bool:
        """Do an operation; False if it is impossible now."""
        try:
            done = getattr(self, f"_{do}")(**how)
        except ApiError:
            return False
        return done is not False

    # Users ------------------------------------------------------------------------------------

    def _write(self, user: int, **_: Any) -> None:
        token = self._next(f"q{user}")
        self._post_private(user, token, acting.text_fields(f"{token}, please", None))

    def _start(self, user: int, **_: Any) -> None:
        """Come by a link, then write words behind a command, which are a question too."""
        token = self._next(f"q{user}")
        self.links[token] = f"order_{len(self.links)}"
        chat = self.telegram.world.chats[self.users[user].id]
        link = acting.text_fields(f"/start {self.links[token]}", None)
        acting.post(self.telegram.world, self.users[user], chat, link)
        self._post_private(user, token, acting.text_fields(f"/start {token}, please", None))

    def _another(self, user: int, **_: Any) -> None:
        """Open another ticket with the words behind the command."""
        token = self._next(f"q{user}")
        self.others.add(token)
        self._post_private(user, token, acting.text_fields(f"/new {token}, please", None))

    def _wish(self, user: int, **_: Any) -> None:
        """Have the next message open another ticket."""
        self.wishing.add(user)
        chat = self.telegram.world.chats[self.users[user].id]
        acting.post(self.telegram.world, self.users[user], chat, acting.text_fields("/new", None))

    def _press_own(self, user: int, pick: float, **_: Any) -> bool:
        """Press a button in the private chat."""
        mine = [one for one in self._private(user) if _has_buttons(one)]
        if not mine:
            return False
        self.wishing.add(user)
        pressed = recent(mine, pick)
        data = _buttons(pressed)[0]["callback_data"]
        acting.press(self.telegram.world, self.users[user], pressed, None, data)
        return True

    def _move_own(self, user: int, pick: float, **_: Any) -> bool:
        """Press a button that moves a message to another ticket."""
        moving = [
            (one, button["callback_data"])
            for one in self._private(user)
            if _has_buttons(one)
            for button in _buttons(one)
            if button["callback_data"].startswith("move:")
        ]
        if not moving:
            return False
        pressed, data = recent(moving, pick)
        acting.press(self.telegram.world, self.users[user], pressed, None, data)
        return True

    def _reply_in_private(self, user: int, pick: float, **_: Any) -> bool:
        """Reply to something of one's own, or to what the bot said."""
        shown = list(self._private(user))
        if not shown:
            return False
        person, target = self.users[user], recent(shown, pick)
        token = self._next(f"q{user}")
        self.replied[token] = target.id
        said, chat = acting.text_fields(f"{token}, please", None), target.chat
        self._post(person, chat, token, said, reply_to=target.id)
        return True

    def _private(self, user: int) -> Iterator[Message]:
        return iter(self.telegram.world.chats[self.users[user].id].messages.values())

    def _long(self, user: int, **_: Any) -> None:
        token = self._next(f"q{user}")
        text = f"{token}, please. " + "A long story. " * 280
        self._post_private(user, token, acting.text_fields(text.strip(), None))

    def _thanks(self, user: int, **_: Any) -> None:
        """Write a parting, which must not reopen a ticket; so it has no token."""
        chat = self.telegram.world.chats[self.users[user].id]
        words = ("Thanks!", "Thanks, bye", "до свидания, спасибо")[len(self.written) % 3]
        acting.post(self.telegram.world, self.users[user], chat, acting.text_fields(words, None))

    def _photo(self, user: int, kind: str, **_: Any) -> None:
        token = self._next(f"q{user}")
        self._post_private(user, token, self._file(kind, f"{token}, a {kind}"))

    def _content(self, user: int, kind: str, **_: Any) -> None:
        """Send content without text or caption; stickers and unknown kinds carry no token."""
        if kind in {"sticker", "unknown"}:
            chat = self.telegram.world.chats[self.users[user].id]
            acting.post(self.telegram.world, self.users[user], chat, self._wordless(kind))
            return
        token = self._next(f"q{user}")
        self._post_private(user, token, said_by(kind, token))

    def _forward(self, user: int, **_: Any) -> None:
        token = self._next(f"q{user}")
        origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1}
        words = acting.text_fields(f"{token}, they say", None)
        self._post_private(user, token, words | {"forward_origin": origin})

    def _wordless(self, kind: str) -> Json:
        if kind == "unknown":
            return {"something_of_next_year": {"shape": "unknown"}}
        return media.view(media.sample(self.telegram.world, kind, None, b"x"), {})

    def _album(self, user: int, count: int, kind: str, **_: Any) -> None:
        kind = "photo" if kind == "voice" else kind
        group = {"media_group_id": self.telegram.world.next_album_id()}
        for _number in range(count):
            token = self._next(f"q{user}")
            self._post_private(user, token, self._file(kind, f"{token}, an item") | group)

    def _edit(self, user: int, pick: float, **_: Any) -> bool:
        return self._reword(self.users[user], self._questions(user), pick)

    def _delete(self, user: int, pick: float, **_: Any) -> bool:
        mine = self._questions(user)
        if not mine:
            return False
        chosen = recent(mine, pick)
        self.telegram.world.delete(self._message(chosen))
        chosen.deleted = True
        return True

    def _questions(self, user: int) -> list[Written]:
        about = f"q{user}."
        return [one for one in self.written if one.token.startswith(about) and not one.deleted]

    def _post_private(self, user: int, token: str, content: Json) -> None:
        person = self.users[user]
        self._post(person, self.telegram.world.chats[person.id], token, content)

    # Staff ------------------------------------------------------------------------------------

    def _reply(self, staff: int, pick: float, **_: Any) -> bool:
        return self._answer(staff, pick, lambda token: acting.text_fields(f"{token}, sir", None))

    def _reply_photo(self, staff: int, pick: float, **_: Any) -> bool:
        return self._answer(staff, pick, lambda token: self._file("photo", f"{token}, look"))

    def _reply_content(self, staff: int, pick: float, kind: str, **_: Any) -> bool:
        if kind in {"sticker", "unknown"}:
            return False
        return self._answer(staff, pick, lambda token: said_by(kind, token))

    def _note(self, staff: int, pick: float, **_: Any) -> bool:
        def note(token: str) -> Json:
            return acting.text_fields(f"// {token.replace('a', 'n', 1)}", None)

        return self._answer(staff, pick, note, note=True)

    def _edit_reply(self, staff: int, pick: float, **_: Any) -> bool:
        return self._reword(self.staff[staff], self._answers(staff), pick)

    def _retract(self, staff: int, pick: float, **_: Any) -> bool:
        answers = [
            one for one in self._answers(staff) if not one.retracted and self._is_worded(one)
        ]
        if not answers:
            return False
        chosen = recent(answers, pick)
        self._change(self.staff[staff], chosen, f"// {chosen.token} was wrong")
        chosen.retracted = True
        return True

    def _press(self, staff: int, pick: float, **_: Any) -> bool:
        return self._press_one_of(self._of_bot(), staff, pick)

    def _old_press(self, staff: int, pick: float, **_: Any) -> bool:
        return self._press_one_of(self._old_messages(), staff, pick)

    def _press_one_of(self, shown: Iterable[Message], staff: int, pick: float) -> bool:
        cards = [one for one in shown if _has_buttons(one) and not _asks(one)]
        if not cards:
            return False
        card = recent(cards, pick)
        buttons = _buttons(card)
        data = buttons[int(pick * 997) % len(buttons)]["callback_data"]
        acting.press(self.telegram.world, self.staff[staff], card, None, data)
        self._deal(self.staff[staff], card)
        return True

    def _deal(self, person: Person, about: Message | None) -> None:
        """Note whom somebody deals with; without a name, it may be any user of the team."""
        user = user_named(about) if about is not None else None
        users = self._own_users() if user is None else {user}
        self.dealings.update((person.id, one) for one in users)

    def _own_users(self) -> set[int]:
        """List the users whose tickets belong to the team that acts now."""
        in_second = bool(self.second_groups) and self.groups is self.second_groups
        main_users = set(range(len(self.users))) - self.second_users
        return self.second_users if in_second else main_users

    def _old_reply(self, staff: int, pick: float, **_: Any) -> bool:
        """Reply to a message from before a backup was restored."""
        return self._answer(
            staff, pick, lambda token: acting.text_fields(f"{token}, sir", None), old=True
        )

    def _old_messages(self) -> Iterator[Message]:
        return (one for one in self._of_bot() if one.id in self.old)

    def grow_old(self) -> None:
        """Note the messages that are in the group now, before a backup is restored."""
        self.old = {one.id for one in self._of_bot()}

    def _slip(self, staff: int, pick: float, **_: Any) -> bool:
        """Write with one slash: no user gets it unless somebody decides so."""

        def slip(token: str) -> Json:
            return acting.text_fields(f"/ {token}", None)

        return self._answer(staff, pick, slip, note=True, slip=True)

    def _robot(self, pick: float, **_: Any) -> bool:
        """Have another bot reply to the bot."""
        return self._outsider(ROBOT, pick)

    def _intrude(self, pick: float, **_: Any) -> bool:
        """Have somebody reply who is not in the group."""
        return self._outsider(INTRUDER, pick)

    def _outsider(self, person: Person, pick: float) -> bool:
        shown = list(self._of_bot())
        if not shown or not self.telegram.world.bot_present(self.group):
            return False
        target, world = recent(shown, pick), self.telegram.world
        replied = {key: one for key, one in target.view.items() if key != "reply_to_message"}
        self._numbers["outside"] = number = self._numbers.get("outside", 900_000) + 1
        said = {"message_id": number, "date": world.date, "chat": self.group.json()}
        said |= {"from": person.json(), "reply_to_message": replied, "text": "n0.0000, they say"}
        world.updates.put("message", said)
        return True

    def _act_after_leaving(self, pick: float, *, presses: bool) -> bool:
        """Have the colleague who left reply, or press a button, as strangers can."""
        cards = [one for one in self._of_bot() if _has_buttons(one) and not _asks(one)]
        world = self.telegram.world
        if not self.left or not presses:
            return self.left and self._outsider(LEAVER, pick)
        if not cards or not world.bot_present(self.group):
            return False
        card = recent(cards, pick)
        data = recent(_buttons(card), pick)["callback_data"]
        self._numbers["press"] = number = self._numbers.get("press", 0) + 1
        said = {"id": str(number), "from": LEAVER.json(), "message": card.view, "data": data}
        world.updates.put("callback_query", said | {"chat_instance": str(self.group.id)})
        return True

    def _decide(self, staff: int, pick: float = 0.0, **_: Any) -> bool:
        """Decide which ticket kept replies are for, and sometimes what a slip is."""
        return self._settle(staff, pick) | self.decide(staff)

    def _settle(self, staff: int, pick: float) -> bool:
        """Decide whether words that begin with a slash are a note or an answer."""
        asked = [one for one in self._of_bot() if "kept:" in str(one.keyboard)]
        slips = {one.token: one for one in self.written if one.slip and not one.edits}
        token = self._asked_about(asked[-1]) if asked else ""
        if (
            token not in slips
            or token in self.kept
            or (self.group.id, asked[-1].id) in self._decided
        ):
            return False
        as_note = pick < 0.3
        self._says(self.staff[staff], asked[-1], as_note=as_note)
        self._slips[token] = self.staff[staff], as_note
        self.dealings.add((self.staff[staff].id, tokens.user_of(token)))
        self._decided.add((self.group.id, asked[-1].id))
        self.kept.add(token)
        slips[token].note = as_note
        return True

    def _says(self, person: Person, question: Message, *, as_note: bool) -> None:
        """Press whether what the question is about is a note."""
        data = next(
            one["callback_data"]
            for one in _buttons(question)
            if str(one["callback_data"]).endswith("1") == as_note
        )
        acting.press(self.telegram.world, person, question, None, data)

    def decide(self, staff: int = 0) -> bool:
        """Press the right button of each question about an orphan; False if there was none."""
        pressed = False
        for question in list(self._of_bot()):
            place = self.group.id, question.id
            if place in self._decided or "orphan:" not in str(question.keyboard):
                continue
            token = self._asked_about(question)
            right = [one for one in _buttons(question) if token and _names(one, token)]
            for button in right[:1]:
                data, world = button["callback_data"], self.telegram.world
                acting.press(world, self.staff[staff], question, None, data)
                self.dealings.add((self.staff[staff].id, tokens.user_of(token)))
                self._decided.add(place)
                self.kept |= {token, *self._beside(token)}
                pressed = True
        return pressed

    def try_again(self) -> None:
        """Have every open question pressed once more: its press may have been refused."""
        self._decided.clear()
        for question in [one for one in self._of_bot() if "kept:" in str(one.keyboard)]:
            decision = self._slips.get(self._asked_about(question))
            if decision is not None:
                self._says(decision[0], question, as_note=decision[1])

    def _beside(self, token: str) -> Iterator[str]:
        """List the other replies to the same orphan, in any group: they are sent along."""
        for group in self.groups:
            said = [
                (_replied(one), tokens.of(tokens.words_of(one.view)))
                for one in group.messages.values()
            ]
            orphans = {replied for replied, words in said if token in words} - {0}
            for replied, words in said:
                if replied in orphans:
                    yield from words

    def _asked_about(self, question: Message) -> str:
        """Read the token of the reply that a question is about, or quotes."""
        reply = self.group.messages.get(_replied(question))
        words = tokens.words_of(reply.view if reply else question.view)
        return next(iter(tokens.of(words)), "")

    def _command(self, staff: int, pick: float, text: str, **_: Any) -> bool:
        about = [message for message in self._of_bot() if user_named(message) is not None]
        if not about:
            return False
        name, _space, rest = text.partition(" ")
        content = acting.text_fields(f"{name}@{USERNAME} {rest}".strip(), None)
        target = recent(about, pick)
        acting.post(self.telegram.world, self.staff[staff], self.group, content, reply_to=target.id)
        self._deal(self.staff[staff], target)
        return True

    def _command_by_number(self, staff: int, text: str, number: int, **_: Any) -> None:
        """Name a ticket by its number, which may be one of another team."""
        content = acting.text_fields(f"{text}@{USERNAME} {number}", None)
        acting.post(self.telegram.world, self.staff[staff], self.group, content)
        self._deal(self.staff[staff], None)

    def _merge(self, staff: int, numbers: list[int], **_: Any) -> None:
        """Have two tickets, which may be of one user, become one."""
        first, second = numbers
        content = acting.text_fields(f"/merge@{USERNAME} {first} {second}", None)
        acting.post(self.telegram.world, self.staff[staff], self.group, content)
        self._deal(self.staff[staff], None)

    def _press_of_others(self, staff: int, pick: float, **_: Any) -> bool:
        """Press a button of another team's card in one's own group, as no app lets anybody do."""
        bot, own = self.telegram.world.bot.id, list(self._of_bot())
        said = [m for chat in self.other_groups for m in chat.messages.values()]
        cards = [m for m in said if m.author_id == bot and _has_buttons(m) and not _asks(m)]
        if not (own and cards):
            return False
        buttons = _buttons(recent(cards, pick))
        data = buttons[int(pick * 997) % len(buttons)]["callback_data"]
        acting.press(self.telegram.world, self.staff[staff], own[-1], None, data)
        return True

    def _list(self, staff: int, pick: float, **_: Any) -> None:
        """Ask what waits, and press a button of an earlier list; or ask how the group is set up."""
        lists = [one for one in self._of_bot() if tokens.under_list(one.keyboard)]
        if lists and _buttons(lists[-1]):
            data = recent(_buttons(lists[-1]), pick)["callback_data"]
            acting.press(self.telegram.world, self.staff[staff], lists[-1], None, data)
        asked = "setup" if pick > ASKS_FOR_SET_UP else "tickets"
        content = acting.text_fields(f"/{asked}@{USERNAME}", None)
        acting.post(self.telegram.world, self.staff[staff], self.group, content)

    def _board(self, staff: int, how: str, **_: Any) -> None:
        """Turn the board on or off."""
        content = acting.text_fields(f"/board@{USERNAME} {how}", None)
        acting.post(self.telegram.world, self.staff[staff], self.group, content)

    def _press_board(self, staff: int, pick: float, **_: Any) -> bool:
        """Press *Show* on a board, perhaps on a former one."""
        shown = [one for one in self.boards() if _has_buttons(one)]
        if not shown:
            return False
        message = recent(shown, pick)
        data = recent(_buttons(message), pick)["callback_data"]
        acting.press(self.telegram.world, self.staff[staff], message, None, data)
        return True

    def _remove_board(self, pick: float, *, unpins: bool, **_: Any) -> bool:
        """Unpin or delete a board."""
        shown = list(self.boards())
        if not shown:
            return False
        message = recent(shown, pick)
        if unpins:
            pinning.unpin(self.telegram.world, self.group, {message.id})
        else:
            self.telegram.world.delete(message)
        return True

    def boards(self) -> Iterator[Message]:
        """List the boards that stand in the group, also former ones."""
        return (
            one for one in self._of_bot() if tokens.is_board(one.view | {"keyboard": one.keyboard})
        )

    def _promote(self, **_: Any) -> None:
        """Make the bot an administrator from now on."""
        self.bot_status = "administrator"
        self.set_bot(self.bot_status)

    def _delete_copy(self, pick: float, **_: Any) -> bool:
        shown = list(self._of_bot())
        if not shown:
            return False
        self.telegram.world.delete(recent(shown, pick))
        return True

    def _answer(
        self,
        staff: int,
        pick: float,
        content: Any,
        *,
        note: bool = False,
        slip: bool = False,
        old: bool = False,
    ) -> bool:
        """Reply to a message of the bot in the group: a card or a copy."""
        shown = self._old_messages() if old else self._of_bot()
        about = [one for one in shown if user_named(one) is not None and not _asks(one)]
        if not about:
            return False
        target = recent(about, pick)
        token = self._next(f"a{user_named(target)}")
        made: Json = content(token)
        said = tokens.of(tokens.words_of(made))[0]
        who, to = self.staff[staff], target.id
        self._post(who, self.group, said, made, reply_to=to, note=note, slip=slip)
        self._deal(self.staff[staff], target)
        return True

    def _answers(self, staff: int) -> list[Written]:
        return [
            one
            for one in self.written
            if one.token[0] == "a"
            and not one.slip
            and not one.deleted
            and one.chat_id == self.group.id
            and self._author(one) == self.staff[staff].id
        ]

    def _of_bot(self) -> Iterator[Message]:
        """List what the bot said to all; for what it whispers, see `whispering.py`."""
        said = self.group.messages.values()
        bot = self.telegram.world.bot.id
        return (m for m in said if m.author_id == bot and m.only_for is None)

    # Chats ------------------------------------------------------------------------------------

    def block(self, user: int, *, blocked: bool) -> None:
        membership.block(self.telegram.world, self.users[user], blocked=blocked)

    def set_bot(self, status: str, *, can_send: bool = True) -> None:
        """Change the bot's status in the group."""
        if self.group.status_of(self.telegram.world.bot.id) != status or not can_send:
            membership.change(
                self.telegram.world,
                self.group,
                self.telegram.world.bot,
                status,
                by=self.staff[0],
                can_send=can_send,
            )

    def upgrade(self) -> bool:
        """Turn the group into a supergroup; that is possible only once."""
        if len(self.groups) > 1 or self.group.type != "group":
            return False
        new = membership.upgrade(self.telegram.world, self.group, self.staff[0])
        new.linked_chat_id = self.group.linked_chat_id
        self.groups.append(new)
        return True

    def link(self) -> None:
        """Link the group to a channel, whose readers can write in it."""
        self.group.linked_chat_id = -1_001_000_000_777

    def leave(self, status: str) -> bool:
        """Have a colleague leave the group, or be removed."""
        if self.left:
            return False
        world, by = self.telegram.world, LEAVER if status == "left" else self.staff[0]
        membership.change(world, self.group, LEAVER, status, by=by)
        self.left = True
        return True

    def token(self, who: str) -> str:
        """Give the next token of what is said to a user, or about one."""
        return self._next(who.replace("n", "a")).replace("a", who[0], 1)

    def say(self, person: Person, token: str, content: Json, *, thread: int, note: bool) -> None:
        """Write in a thread of the group."""
        self._post(person, self.group, token, content, thread=thread, note=note)

    # Helpers ----------------------------------------------------------------------------------

    def _next(self, who: str) -> str:
        self._numbers[who] = self._numbers.get(who, 0) + 1
        return f"{who}.{self._numbers[who]:04}"

    def _file(self, kind: str, caption: str) -> Json:
        world = self.telegram.world
        data = caption.encode()
        return media.view(media.sample(world, kind, None, data), {}) | acting.text_fields(
            caption, None, "caption"
        )

    def _post(
        self,
        person: Person,
        chat: Chat,
        token: str,
        content: Json,
        *,
        reply_to: int | None = None,
        thread: int | None = None,
        note: bool = False,
        slip: bool = False,
    ) -> None:
        message = acting.post(
            self.telegram.world, person, chat, content, reply_to=reply_to, thread=thread
        )
        if message.seen_by_bot:
            words = tokens.words_of(content)
            at = self.telegram.agenda.now
            said = Written(token, chat.id, message.id, words, note=note, slip=slip, at=at)
            self.written.append(said)

    def _reword(self, person: Person, mine: list[Written], pick: float) -> bool:
        editable = [one for one in mine if not one.retracted and self._is_worded(one)]
        if not editable:
            return False
        chosen = recent(editable, pick)
        self._change(person, chosen, f"{chosen.token} v{chosen.edits + 1}, that is")
        chosen.edits += 1
        return True

    def _is_worded(self, one: Written) -> bool:
        """Whether it can be edited: people edit texts and captions."""
        message = self.telegram.world.chats[one.chat_id].messages.get(one.message_id)
        return message is None or bool({"text", "caption"} & message.view.keys())

    def _change(self, person: Person, chosen: Written, words: str) -> None:
        message = self._message(chosen)
        if not self.telegram.world.bot_present(message.chat):
            raise bad_request("the bot would not get the edit")
        name = "text" if "text" in message.view else "caption"
        acting.edit(self.telegram.world, person, message, acting.text_fields(words, None, name))
        chosen.words = words

    def _message(self, written: Written) -> Message:
        return self.telegram.world.chats[written.chat_id].messages[written.message_id]

    def _author(self, written: Written) -> int:
        return self._message(written).author_id


def said_by(kind: str, token: str) -> Json:
    """Make content that is neither text nor a file, with a token in it."""
    place = {"latitude": 53.5, "longitude": 10.0}
    option = {"persistent_id": "1", "text": "yes", "voter_count": 0}
    poll = {
        "id": "1",
        "question": f"{token}?",
        "options": [option, option | {"persistent_id": "2", "text": "no"}],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    }
    contents: dict[str, Json] = {
        "contact": {"contact": {"phone_number": "+49401234", "first_name": token}},
        "venue": {
            "venue": {"location": place, "title": token, "address": "Pier 1"},
            "location": place,
        },
        "poll": {"poll": poll},
    }
    return contents[kind]


def _has_buttons(message: Message) -> bool:
    return "inline_keyboard" in (message.keyboard or {})


def _buttons(message: Message) -> list[Json]:
    """List the buttons that can be pressed, not those that are links."""
    rows = (message.keyboard or {})["inline_keyboard"]
    return [one for row in rows for one in row if "callback_data" in one]


def _replied(message: Message) -> int:
    """Give the id of the message that this one replies to; 0 if it replies to none."""
    found: int = message.view.get("reply_to_message", {}).get("message_id", 0)
    return found


def _asks(message: Message) -> bool:
    """Whether the message belongs to no ticket: a list, or a question about kept words."""
    words, buttons = tokens.words_of(message.view), str(message.keyboard)
    if "orphan:" in buttons or "kept:" in buttons or tokens.under_list(message.keyboard):
        return True
    if tokens.is_board(message.view | {"keyboard": message.keyboard}):
        return True
    return words.startswith("This belongs to") or " sent to " in words


def _names(button: Json, token: str) -> bool:
    """Whether a button names the user whom the answer with this token is for."""
    return str(button["text"]).endswith(f"Person{tokens.user_of(token)}")


def user_named(message: Message) -> int | None:
    """Tell which user a message of the bot is about, from what staff can read."""
    words = tokens.words_of(message.view)
    found = [token for token in tokens.of(words) if token[0] == "q"]
    if found:
        return tokens.user_of(found[0])
    name = _NAME.search(words)
    return int(name[1]) if name else None


def named(words: str) -> set[int]:
    """List the users named in a text."""
    return {int(number) for number in _NAME.findall(words)}


def recent[T](things: list[T], pick: float) -> T:
    """Choose one; a small `pick` means a recent one."""
    return things[-1 - int(pick * len(things))] if pick < 1 else things[0]
