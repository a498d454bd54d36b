"""Ephemeral messages: what a bot and one member of a group say to each other, seen by nobody else.

https://core.telegram.org/bots/api#ephemeral-messages-and-commands: “Any bot can send an ephemeral
message to a user within 15 seconds of the incoming eligible action … If the bot is a chat
administrator, it can send an ephemeral message to any non-bot member of the chat at any time”. The
action is a pressed button or an ephemeral message of theirs: a command that the bot declared as
`is_ephemeral`, or a reply to an ephemeral message (sendEphemeralMessage of tdlib).

Nobody could say whether a press that was answered still counts, or one that is too old for an
administrator who names it: here neither does. How long they stay is not known either; here they are
gone with the process, unless its state is saved.
"""

from __future__ import annotations

from sandbox import access, commands, posting, threads, units
from sandbox.errors import bad_request
from sandbox.model import PRESENT, Chat, Json, Message, Person
from sandbox.params import Params
from sandbox.world import World

PARAMETERS = "ephemeral_message_parameters"
# The parameters of all methods that send such messages.
COMMON = f"{posting.COMMON} {PARAMETERS}"
# What the methods had in Bot API 10.2 instead; 10.3 calls it deprecated.
FORMER = ("receiver_user_id", "callback_query_id")
# “within 15 seconds of the incoming eligible action”
SECONDS = 15


def send(world: World, params: Params, kind: str, content: Json) -> Message:
    """Send a message of the bot's to everybody, or to one person if the parameters say so."""
    if former := [name for name in FORMER if name in params]:
        raise bad_request(f"the sandbox does not model {', '.join(former)} beside {PARAMETERS}")
    replied = _replied(params)
    if PARAMETERS not in params:
        if replied is not None:
            raise bad_request("a reply to an ephemeral message must be an ephemeral message")
        return posting.send(world, params, kind, content)
    given = _given(params)
    where = posting.target(world, params, kind)
    where.receiver = _receiver(where.chat, int(given["receiver_user_id"]))
    if replied is not None:
        message = _of_person(world, where.chat, where.receiver, replied)
        where.extra |= threads.replying(message)
    query_id = given.get("callback_query_id")
    if query_id is not None:
        _check_press(world, where.chat, where.receiver, str(query_id))
    elif replied is None and not access.is_admin(world, where.chat):
        raise bad_request("BOT_NOT_ADMIN")
    return posting.put(world, where, content)


def _given(params: Params) -> Json:
    given = params.json(PARAMETERS, "ephemeral message parameters")
    if not isinstance(given, dict) or not isinstance(given.get("receiver_user_id"), int):
        raise bad_request("can't parse EphemeralMessageParameters: Object expected")
    if given.get("replace_callback_query_message"):
        raise bad_request("the sandbox does not model replace_callback_query_message")
    return given


def _replied(params: Params) -> int | None:
    """The `ephemeral_message_id` in `reply_parameters`."""
    given = params.json("reply_parameters", "reply parameters")
    found = given.get("ephemeral_message_id") if isinstance(given, dict) else None
    return found if isinstance(found, int) else None


def _receiver(chat: Chat, person_id: int) -> Person:
    """A human member of a group; the words for a private chat are Telegram's, the others are not.

    Nobody could say which words Telegram has for somebody who is not there.
    """
    if chat.private:
        raise bad_request("BOT_NOT_ADMIN")
    member = chat.members.get(person_id)
    if member is None or member.status not in PRESENT or member.person.is_bot:
        raise bad_request("USER_NOT_PARTICIPANT")
    return member.person


def _of_person(world: World, chat: Chat, person: Person, ephemeral_id: int) -> Message:
    """What a person wrote to the bot alone: “may only be replied to within 15 seconds”."""
    message = chat.messages.get(-ephemeral_id)
    if message is None or message.author_id != person.id:
        raise bad_request("message to be replied not found")
    if world.clock.now() - message.view["date"] > SECONDS:
        raise bad_request("message to be replied not found")
    return message


def _check_press(world: World, chat: Chat, person: Person, query_id: str) -> None:
    query = world.callbacks.get(query_id)
    if query is None or (query.person_id, query.chat_id) != (person.id, chat.id):
        raise bad_request("QUERY_ID_INVALID")
    if query.answer is not None or world.clock.now() - query.at > SECONDS:
        raise bad_request("QUERY_ID_INVALID")


def sent_by_bot(world: World, params: Params) -> Message:
    """An ephemeral message of the bot's that is to be changed."""
    chat = access.changeable(world, params)
    message = chat.messages.get(-params.integer("ephemeral_message_id"))
    if message is None or message.only_for != params.integer("receiver_user_id"):
        raise bad_request("message to edit not found")
    if message.author_id != world.bot.id:
        raise bad_request("message can't be edited")
    return message


def is_for_bot(world: World, chat: Chat, person: Person, view: Json) -> bool:
    """Whether a client sends this to the bot alone: a command that it knows as ephemeral, a reply.

    A command that names another bot is that one's.
    """
    if chat.private:
        return False
    if view.get("reply_to_message", {}).get("ephemeral_message_id"):
        return True
    found = next(iter(view.get("entities", ())), None)
    if found is None or found["type"] != "bot_command" or found["offset"]:
        return False
    typed = units.piece(view["text"], 0, found["length"]).removeprefix("/")
    name, _, named = typed.partition("@")
    if named and named.lower() != (world.bot.username or "").lower():
        return False
    known = commands.offered(world, chat, person)
    return any(one["command"] == name and one.get("is_ephemeral") for one in known)
