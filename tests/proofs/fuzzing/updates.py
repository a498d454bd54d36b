"""Updates as Telegram sends them, and updates with something wrong in them.

A step is what a failing test shows: kind, who, where, what. It becomes JSON when its turn comes,
because what it refers to (the last card, the button on it) is not known earlier.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, override

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from tests.proofs.fuzzing import values
from tests.proofs.fuzzing.people import (
    ANN,
    BOB,
    CHANNEL,
    CHATS,
    EVE,
    FOREIGN,
    KARL,
    KATE,
    LIAM,
    NEW_GROUP,
    OLD_GROUP,
    PEOPLE,
    ROBOT,
    SECOND_CHAT,
    STAFF_CHAT,
    USERS,
)
from tests.proofs.fuzzing.wire import BOT, Wire

PHOTO = [{"file_id": "p1", "file_unique_id": "u1", "width": 1, "height": 1}]
FILE = {"file_id": "f", "file_unique_id": "u"}
SIZED = FILE | {"width": 1, "height": 1, "duration": 1}
CONTENTS: dict[str, Any] = {
    "photo": PHOTO,
    "document": FILE,
    "video": SIZED,
    "voice": FILE | {"duration": 1},
    "audio": FILE | {"duration": 1},
    "video_note": FILE | {"length": 1, "duration": 1},
    "sticker": FILE
    | {"type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False},
    "location": {"latitude": 1.5, "longitude": -1.5},
    "contact": {"phone_number": "+1", "first_name": "C"},
    "venue": {"location": {"latitude": 1.5, "longitude": 1.5}, "title": "T", "address": "A"},
    "live_photo": SIZED | {"photo": PHOTO},
    "rich_message": {
        "blocks": [{"type": "paragraph", "text": ["a ", {"type": "bold", "text": "b"}]}]
    },
    "checklist": {"title": "T", "tasks": [{"id": 1, "text": "milk"}]},
    "dice": {"emoji": "🎲", "value": 3},
    "poll": {
        "id": "1",
        "question": "?",
        "options": [],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    },
    "story": {"chat": CHATS[CHANNEL], "id": 1},
    "game": {"title": "g", "description": "d", "photo": PHOTO},
    "new_chat_members": [PEOPLE[BOB], BOT],
    "left_chat_member": PEOPLE[KARL],
    "new_chat_title": "T",
    "pinned_message": None,
    "group_chat_created": True,
    "forum_topic_created": {"name": "t", "icon_color": 1},
    "forum_topic_edited": {"name": "t"},
    "forum_topic_closed": {},
    "forum_topic_reopened": {},
    "general_forum_topic_hidden": {},
    "general_forum_topic_unhidden": {},
    "something_of_next_year": {"id": 1},
    "gift": {"shape": "of next year"},
}
# Fields beside the content: in the documented shape, and in others that Telegram might send.
_TOPIC = {"is_topic_message": True}
_ROOT = {"message_id": 5, "date": 1, "chat": CHATS[STAFF_CHAT], "from": BOT} | _TOPIC
BESIDE: list[dict[str, Any]] = [
    _TOPIC | {"message_thread_id": 5},
    _TOPIC | {"message_thread_id": 2**40},
    {"message_thread_id": 2**52},
    _TOPIC,
    _TOPIC
    | {
        "message_thread_id": 5,
        "reply_to_message": _ROOT
        | {"message_thread_id": 5, "forum_topic_created": {"name": "t", "icon_color": 1}},
    },
    {"forward_origin": {"type": "hidden_user", "sender_user_name": "E\nve", "date": 1}},
    {"forward_origin": {"type": "hidden_user", "date": 1}},
    {"forward_origin": {"type": "channel", "chat": CHATS[CHANNEL], "message_id": 1, "date": 1}},
    {"quote": {"text": "a", "position": 2, "is_manual": True}},
    {"quote": {"text": "nowhere", "position": 99999, "is_manual": True}},
    {"external_reply": {"origin": {"type": "hidden_user", "date": 1}, "story": {}}},
    {"has_media_spoiler": True, "show_caption_above_media": True},
    {"link_preview_options": {"is_disabled": True}},
    {"link_preview_options": {"url": 5}},
    {"contact": {"shape": "of next year"}},
]
RELAYED = (
    "photo",
    "document",
    "video",
    "voice",
    "audio",
    "video_note",
    "sticker",
    "location",
    "contact",
    "dice",
    "venue",
    "live_photo",
    "rich_message",
    "checklist",
)
WITH_CAPTION = {"photo", "live_photo", "document", "video", "voice", "audio"}


@dataclass(frozen=True)
class Mutation:
    """One place in an update, found by counting, and what is put there; `gone` removes it."""

    place: int
    value: Any = None
    gone: bool = False


@dataclass(frozen=True)
class Step:
    """An update, before it has ids.

    `back` chooses what it replies to, edits or presses, counted from the newest message; with
    `of_others`, among those in the other staff chat.
    `gap` is the distance of its number to the last one, `later` the seconds that pass before it.
    """

    kind: str
    chat: int
    sender: int
    content: dict[str, Any] = field(default_factory=dict)
    back: int | None = None
    data: str | None = None
    of_others: bool = False
    gap: int = 1
    later: float = 0
    mutations: tuple[Mutation, ...] = ()

    @override
    def __repr__(self) -> str:
        """Leave out defaults, so that a failing plan can be read."""
        said = [
            f"{one.name}={_short(getattr(self, one.name))}"
            for one in fields(self)
            if one.default is MISSING or getattr(self, one.name) != one.default
        ]
        return f"Step({', '.join(said)})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        """Have hypothesis print only the beginning: nobody can read a plan of megabytes."""
        printer.text(values.cut(repr(self)))

    @property
    def plausible(self) -> bool:
        """Whether Telegram could send it."""
        return not self.mutations and len(self.content.get("text", "")) < values.MEGABYTE // 8

    def build(self, wire: Wire) -> dict[str, Any]:
        """Make the JSON of the update, without its number."""
        update = {self.kind: _BUILDERS.get(self.kind, _event)(self, wire)}
        for mutation in self.mutations:
            _mutate(update, mutation)
        return update


def _short(value: Any) -> str:
    """Print a value, with long repetitions as products."""
    return re.sub(
        r"(.{1,8}?)\1{40,}",
        lambda run: f"{run[1]}' '*{len(run[0]) // len(run[1])}",
        repr(value),
    )


def _message(step: Step, wire: Wire) -> dict[str, Any]:
    date = int(wire.now().timestamp())
    made = {"message_id": wire.next_id(step.chat), "date": date, "chat": CHATS[step.chat]}
    made |= {"from": PEOPLE[step.sender]} | step.content
    told = _told(step, wire)
    if step.back is not None and told:
        made["reply_to_message"] = told[-1 - step.back % len(told)]
    replied: Any = made.get("reply_to_message", {})
    if WHISPERED in made or "ephemeral_message_id" in replied:
        made |= {"message_id": 0, "ephemeral_message_id": wire.next_id(0), "receiver_user": BOT}
    wire.history[step.chat].append(made)
    return made


def _told(step: Step, wire: Wire) -> list[dict[str, Any]]:
    """List what the bot said in the chat, or in the other staff chat."""
    others = STAFF_CHAT if step.chat == SECOND_CHAT else SECOND_CHAT
    chat_id = others if step.of_others else step.chat
    return [one for one in wire.history[chat_id] if one["from"] == BOT]


def _edited(step: Step, wire: Wire) -> dict[str, Any]:
    own = [one for one in wire.history[step.chat] if one["from"] == PEOPLE[step.sender]]
    made = _message(step, wire)
    wire.history[step.chat].pop()
    if step.back is not None and own:
        earlier = own[-1 - step.back % len(own)]
        same = ("message_id", "date", "ephemeral_message_id")
        made |= {name: earlier[name] for name in same if name in earlier}
    return made | {"edit_date": made["date"] + 1}


def _callback(step: Step, wire: Wire) -> dict[str, Any]:
    told = _told(step, wire)
    message = told[-1 - (step.back or 0) % len(told)] if told else None
    rows = (message or {}).get("reply_markup", {}).get("inline_keyboard", [])
    if step.of_others and message is not None:
        message = message | {"chat": CHATS[step.chat]}  # its button, pressed here
    buttons = [one["callback_data"] for row in rows for one in row if "callback_data" in one]
    data = step.data
    if buttons and step.data in {None, UNMARKED}:
        data = buttons[(step.back or 0) % len(buttons)]
    if step.data == UNMARKED:  # as buttons were before they carried marks
        data = ":".join((data or "").split(":")[:2])
    query = {"id": str(wire.next_id(0)), "from": PEOPLE[step.sender], "chat_instance": "1"}
    return query | {"data": data or "take:1"} | ({"message": message} if message else {})


def _membership(step: Step, wire: Wire) -> dict[str, Any]:
    member = {"user": BOT, "status": step.content.get("status", "member")}
    if member["status"] == "kicked":
        member["until_date"] = 0
    return {
        "chat": CHATS[step.chat],
        "from": PEOPLE[step.sender],
        "date": int(wire.now().timestamp()),
        "old_chat_member": {"user": BOT, "status": "member"},
        "new_chat_member": member,
    }


def _event(step: Step, _wire: Wire) -> dict[str, Any]:
    """Make an update of a kind that the bot does not ask for."""
    return {"id": "1", "from": PEOPLE[step.sender], "chat": CHATS[step.chat]} | step.content


_BUILDERS: dict[str, Callable[[Step, Wire], dict[str, Any]]] = {
    "message": _message,
    "edited_message": _edited,
    "channel_post": _message,
    "business_message": _message,
    "callback_query": _callback,
    "my_chat_member": _membership,
    "chat_member": _membership,
}


def _mutate(update: dict[str, Any], mutation: Mutation) -> None:
    places = list(_places(update))
    if not places:
        return
    holder, key = places[mutation.place % len(places)]
    if not mutation.gone:
        value = mutation.value
        holder[key] = value.build() if isinstance(value, values.Nested) else value
    elif isinstance(holder, dict):
        del holder[key]


def _places(value: Any) -> Any:
    """Yield each place in a JSON value; lists and objects are copied first, as steps share them."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        if isinstance(value[key], dict | list):
            value[key] = value[key].copy()
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


# Strategies ---------------------------------------------------------------------------------------


def _media(kinds: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    @st.composite
    def make(draw: st.DrawFn) -> dict[str, Any]:
        kind = draw(st.sampled_from(kinds))
        content = {kind: CONTENTS[kind]}
        if kind in WITH_CAPTION and draw(st.booleans()):
            content["caption"] = draw(st.one_of(values.SAID, values.NOTES))
        if kind in {"photo", "video", "document"} and draw(st.booleans()):
            content["media_group_id"] = draw(st.sampled_from(["g1", "g2"]))
        return content

    return make()


@st.composite
def _texts(draw: st.DrawFn) -> dict[str, Any]:
    content: dict[str, Any] = {"text": draw(values.SAID)}
    if draw(st.integers(0, 3)) == 0:
        content["entities"] = draw(values.ENTITIES)
    return content


def _commands(words: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return words.map(
        lambda text: {
            "text": text,
            "entities": [
                {"type": "bot_command", "offset": 0, "length": max(1, len(text.split(" ")[0]))}
            ],
        }
    )


USER_CONTENT = st.one_of(
    _texts(), _texts(), _media(RELAYED), _media(tuple(CONTENTS)), _commands(values.COMMANDS)
)
STAFF_CONTENT = st.one_of(
    _texts(),
    _commands(values.COMMANDS),
    _commands(values.COMMANDS),
    values.NOTES.map(lambda text: {"text": text}),
    _media(RELAYED),
    _media(tuple(CONTENTS)),
)
BACK = st.one_of(st.none(), st.integers(0, 12))
USER = st.sampled_from(USERS)
UNMARKED = "unmarked"
FORGED = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "take:0",
            "over:1",
            "over:1:guessed1",
            "more:1",
            "less:1",
            "release:1",
            "release:1:guessed1",
            "how:1",
            "close:9999",
            "reopen:-1",
            "take:9223372036854775808",
            "take:",
            "x",
            "tickets:-5",
            "tickets:0:mine:",
            "tickets:0:mine:1",
            "tickets:1:mine:99",
            "tickets:0:nobodys:",
            "tickets:0:everything:",
            "show:1:guessed1",
            "show:1:",
            "tickets:99999999999999999999",
            "resend:1",
            "kept:1:0",
            "orphan:1:0",
            "resend:٣",
            "take:1:1",
            "close:1",
            "close:1:guessed1",
            "reopen:2:guessed1",
            "close_this:1:guessed1",
            "again:1:guessed1:1:0",
            "again:1::1:0",
            "settings:900:greeting:en",
            "settings:900::",
            "settings:901:closing:xx",
            "words:900:closing:en",
            "words:900:greeting:ru",
            "words:-1001000000001:greeting:en",
            "stop:900:closing:en",
            "default:900:greeting:en",
            "done:900",
            "where:900",
            "mode:900:forum",
            "mode:900:plain",
            "hearing:900:1",
            "shuts:900:1",
            "shuts:900:0",
            "shuts:901:yes",
            "keeping:900",
            "keep:900:30",
            "keep:900:0",
            "keep:900:-1",
            "keep:900:99999999999999999999",
            "words:900:nothing:en",
            "another",
            "never_mind",
            "move:1:guessed1:1",
            UNMARKED,
            "\x00",
        ]
    ),
)
LATER = st.sampled_from([0, 0, 0, 0, 2, 70, 3600, 86400, 8 * 86400, 40 * 86400])

# What a client sends to the bot alone.
WHISPERED = "whispered"

# In whose name somebody writes in a group.
IN_NAME_OF: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(
        [
            {},
            {"sender_chat": CHATS[STAFF_CHAT]},
            {"sender_chat": CHATS[CHANNEL]},
            {"sender_chat": CHATS[FOREIGN]},
            {"sender_chat": CHATS[CHANNEL], "is_automatic_forward": True},
        ]
    ),
)

_private = st.builds(
    lambda user, content, back: Step("message", user, user, content, back), USER, USER_CONTENT, BACK
)
_robot = st.builds(
    lambda chat, content, back: Step("message", chat, ROBOT, content, back),
    st.sampled_from([ROBOT, STAFF_CHAT, FOREIGN]),
    USER_CONTENT,
    BACK,
)
_staff = st.builds(
    lambda sender, content, name, back: Step("message", STAFF_CHAT, sender, content | name, back),
    st.sampled_from([KATE, KATE, KARL, KARL, ANN, BOB, ROBOT]),
    STAFF_CONTENT,
    IN_NAME_OF,
    BACK,
)
_whispered = st.builds(
    lambda sender, content, back: Step(
        "message", STAFF_CHAT, sender, content | {WHISPERED: True}, back
    ),
    st.sampled_from([KATE, KATE, KARL, BOB]),
    _commands(
        st.sampled_from(["/tickets", "/help", "/settings", "/close 1", "/tickets@support_bot"])
    ),
    BACK,
)
_second = st.builds(
    lambda content, back, of_others: Step(
        "message", SECOND_CHAT, LIAM, content, back, of_others=of_others
    ),
    STAFF_CONTENT,
    BACK,
    st.sampled_from([False, False, True]),
)
_second_edit = st.builds(
    lambda content, back: Step("edited_message", SECOND_CHAT, LIAM, content, back),
    STAFF_CONTENT,
    BACK,
)
_press_of_others = st.builds(
    lambda where, back, data: Step(
        "callback_query", where[0], where[1], back=back, data=data, of_others=True
    ),
    st.sampled_from([(SECOND_CHAT, LIAM), (STAFF_CHAT, KATE)]),
    BACK,
    st.sampled_from([None, None, UNMARKED]),
)
_edit = st.builds(
    lambda user, content, back: Step("edited_message", user, user, content, back),
    USER,
    USER_CONTENT,
    BACK,
)
_staff_edit = st.builds(
    lambda sender, content, back: Step("edited_message", STAFF_CHAT, sender, content, back),
    st.sampled_from([KATE, KARL, BOB]),
    STAFF_CONTENT,
    BACK,
)
_press = st.builds(
    lambda where, back, data: Step("callback_query", where[0], where[1], back=back, data=data),
    st.one_of(
        st.tuples(
            st.sampled_from([STAFF_CHAT, STAFF_CHAT, STAFF_CHAT, ANN, FOREIGN]),
            st.sampled_from([KATE, KARL, BOB]),
        ),
        st.just((SECOND_CHAT, LIAM)),
    ),
    BACK,
    FORGED,
)
_user_press = st.builds(
    lambda user, back, data: Step("callback_query", user, user, back=back, data=data),
    USER,
    BACK,
    st.sampled_from([None, None, None, "another", "never_mind", "move:1:guessed1:1"]),
)
_block = st.builds(
    lambda user, status: Step("my_chat_member", user, user, {"status": status}),
    USER,
    st.sampled_from(["kicked", "member"]),
)
_elsewhere = st.builds(
    Step,
    st.sampled_from(
        ["message", "edited_message", "channel_post", "business_message", "my_chat_member"]
    ),
    st.sampled_from([FOREIGN, CHANNEL, OLD_GROUP, NEW_GROUP]),
    st.sampled_from([KATE, BOB]),
    USER_CONTENT,
)
_unasked = st.builds(
    lambda kind, sender: Step(kind, ANN, sender),
    st.sampled_from(
        [
            "chat_member",
            "message_reaction",
            "poll",
            "poll_answer",
            "inline_query",
            "pre_checkout_query",
            "chat_join_request",
            "something_of_next_year",
            "",
        ]
    ),
    st.sampled_from([ANN, BOB, EVE]),
)
_moves = st.sampled_from(
    [
        Step("message", STAFF_CHAT, KATE, {"migrate_to_chat_id": NEW_GROUP}),
        Step("message", NEW_GROUP, KATE, {"migrate_from_chat_id": STAFF_CHAT}),
        Step("message", FOREIGN, KATE, {"migrate_to_chat_id": -1001000000009}),
    ]
)
_WEIGHTS = (
    (_private, 30),
    (_staff, 32),
    (_robot, 2),
    (_edit, 8),
    (_staff_edit, 5),
    (_press, 12),
    (_user_press, 5),
    (_whispered, 4),
    (_second, 12),
    (_second_edit, 2),
    (_press_of_others, 4),
    (_block, 3),
    (_elsewhere, 4),
    (_unasked, 4),
    (_moves, 1),
)
_WEIGHED = [strategy for strategy, weight in _WEIGHTS for _ in range(weight)]
_MUTATION = st.one_of(
    st.builds(Mutation, st.integers(0, 60), values.HOSTILE),
    st.builds(Mutation, st.integers(0, 60), gone=st.just(value=True)),
)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Make an update; four of five are as Telegram would send them."""
    step = draw(_WEIGHED[draw(st.integers(0, len(_WEIGHED) - 1))])
    changes: dict[str, Any] = {}
    if draw(st.integers(0, 4)) == 0:
        changes["mutations"] = tuple(draw(st.lists(_MUTATION, min_size=1, max_size=3)))
    if step.content and draw(st.integers(0, 4)) == 0:
        changes["content"] = step.content | draw(st.sampled_from(BESIDE))
    if draw(st.integers(0, 9)) == 0:
        changes["later"] = draw(LATER)
    if draw(st.integers(0, 19)) == 0:
        changes["gap"] = draw(st.sampled_from([0, 0, 2, 1000, -3, -100]))
    if draw(st.integers(0, 399)) == 0:
        changes["content"] = {"text": draw(values.LONG)}
    return Step(**{**step.__dict__, **changes})


def plans() -> st.SearchStrategy[list[list[Step]]]:
    """Make batches of updates."""
    return st.lists(st.lists(steps(), min_size=1, max_size=10), min_size=1, max_size=10)
