"""The registry of the control API, and what its actions read from a request."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.model import Chat, Json, Message, Person
from sandbox.stage import Stage

Action = Callable[[Stage, Json], object]
ACTIONS: dict[str, Action] = {}


class Refused(Exception):
    """The control API was asked for something that cannot be done."""


def action(name: str) -> Callable[[Action], Action]:
    """Register a function as `POST /control/<name>`."""

    def register(function: Action) -> Action:
        ACTIONS[name] = function
        return function

    return register


def person_of(stage: Stage, body: Json, key: str = "user") -> Person:
    """The person a request names by id."""
    person = stage.world.people.get(int(body[key]))
    if person is None:
        reason = f"there is no user {body[key]}"
        raise Refused(reason)
    return person


def chat_of(stage: Stage, body: Json, key: str = "chat") -> Chat:
    """The chat a request names by id."""
    chat = stage.world.chats.get(int(body[key]))
    if chat is None:
        reason = f"there is no chat {body[key]}"
        raise Refused(reason)
    return chat


def message_of(stage: Stage, body: Json) -> Message:
    """The message a request names by chat and id."""
    message = chat_of(stage, body).messages.get(int(body["message"]))
    if message is None:
        reason = f"there is no message {body['message']} in that chat"
        raise Refused(reason)
    return message
