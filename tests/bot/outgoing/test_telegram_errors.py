"""The table of Telegram's answers, as a table: its own words, and what we make of them."""

import json
from typing import Any

import pytest
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendMessage
from aiohttp import ClientConnectorError, ServerDisconnectedError
from aiohttp.client_reqrep import ConnectionKey

from bot.outgoing import telegram_errors
from bot.outgoing.telegram_errors import Obstacle
from services.delivery.outcomes import (
    BotRefused,
    ChatRefused,
    Delivered,
    Migrated,
    Outcome,
    Paused,
    Refused,
    Unknown,
    UserGone,
)

METHOD = SendMessage(chat_id=7, text="Hello")


def bad_request(words: str) -> TelegramBadRequest:
    return TelegramBadRequest(method=METHOD, message=f"Bad Request: {words}")


def forbidden(words: str) -> TelegramForbiddenError:
    return TelegramForbiddenError(method=METHOD, message=f"Forbidden: {words}")


def undecoded(data: Any) -> ClientDecodeError:
    return ClientDecodeError("Failed to deserialize object", ValueError("no"), data)


def network_error(cause: Exception) -> TelegramNetworkError:
    error = TelegramNetworkError(method=METHOD, message=f"{type(cause).__name__}: {cause}")
    error.__cause__ = cause
    return error


# The whole call is in vain

KICKED = "bot was kicked from the group chat"
BLOCKED = "bot was blocked by the user"


@pytest.mark.parametrize(
    ("words", "in_private", "in_group"),
    [
        ("chat not found", UserGone, ChatRefused),
        ("user not found", UserGone, Refused),
        ("user is deactivated", UserGone, Refused),
        ("PEER_ID_INVALID", UserGone, ChatRefused),
        ("group is deactivated", Refused, ChatRefused),
        ("not enough rights to send text messages to the chat", Refused, ChatRefused),
        ("have no rights to send a message", Refused, ChatRefused),
        ("need administrator rights in the channel chat", Refused, ChatRefused),
        ("CHAT_WRITE_FORBIDDEN", Refused, ChatRefused),
        ("CHAT_ADMIN_REQUIRED", Refused, ChatRefused),
        ("CHAT_RESTRICTED", Refused, ChatRefused),
        ("message text is empty", Refused, Refused),
        ("message is too long", Refused, Refused),
        ("not enough rights to send photos to the chat", Refused, Refused),
        ("VOICE_MESSAGES_FORBIDDEN", Refused, Refused),
        ("REACTION_INVALID", Refused, Refused),
        ("BUTTON_USER_PRIVACY_RESTRICTED", Refused, Refused),
        ("something that Telegram says since yesterday", Refused, Refused),
    ],
)
def test_a_400_is_final_for_the_message_the_user_or_the_group(
    words: str, in_private: type[Outcome], in_group: type[Outcome]
) -> None:
    error = bad_request(words)

    assert telegram_errors.obstacle(error, private=False) is None
    assert telegram_errors.outcome(error, private=True) == in_private(f"Bad Request: {words}")  # type: ignore[arg-type]
    assert telegram_errors.outcome(error, private=False) == in_group(f"Bad Request: {words}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "private", "expected"),
    [
        (BLOCKED, True, UserGone(f"Forbidden: {BLOCKED}")),
        ("user is deactivated", True, UserGone("Forbidden: user is deactivated")),
        (
            "bot can't initiate conversation with a user",
            True,
            UserGone("Forbidden: bot can't initiate conversation with a user"),
        ),
        (KICKED, False, ChatRefused(f"Forbidden: {KICKED}")),
        (
            "bot is not a member of the supergroup chat",
            False,
            ChatRefused("Forbidden: bot is not a member of the supergroup chat"),
        ),
    ],
)
def test_a_403_is_the_users_or_the_groups(words: str, private: bool, expected: Outcome) -> None:
    assert telegram_errors.outcome(forbidden(words), private=private) == expected


@pytest.mark.parametrize(
    ("private", "new_id", "expected"),
    [(False, -1002, Migrated), (False, 7, Refused), (True, -5, Refused)],
)
def test_only_groups_move_and_none_to_where_people_have_their_ids(
    private: bool, new_id: int, expected: type[Outcome]
) -> None:
    moved = TelegramMigrateToChat(method=METHOD, message="upgraded", migrate_to_chat_id=new_id)

    assert isinstance(telegram_errors.outcome(moved, private=private), expected)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            TelegramRetryAfter(method=METHOD, message="Too Many Requests", retry_after=35),
            Paused(35),
        ),
        (TelegramUnauthorizedError(METHOD, "Unauthorized"), BotRefused("Unauthorized")),
        (TelegramNotFound(METHOD, "Not Found"), BotRefused("Not Found")),
        (
            TelegramServerError(METHOD, "Internal Server Error"),
            Unknown("TelegramServerError: Internal Server Error"),
        ),
        (
            TelegramConflictError(METHOD, "Conflict"),
            Unknown("TelegramConflictError: Conflict"),
        ),
        (
            TelegramEntityTooLarge(METHOD, "Request Entity Too Large"),
            Refused("Request Entity Too Large"),
        ),
        (
            network_error(ServerDisconnectedError()),
            Unknown("TelegramNetworkError: ServerDisconnectedError: Server disconnected"),
        ),
        (
            network_error(TimeoutError("Request timeout error")),
            Unknown("TelegramNetworkError: TimeoutError: Request timeout error"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_rest_is_the_same_everywhere(
    error: TelegramAPIError, expected: Outcome, private: bool
) -> None:
    assert telegram_errors.obstacle(error, private=False) is None
    assert telegram_errors.outcome(error, private=private) == expected


def test_without_a_connection_nothing_can_have_been_sent() -> None:
    place = ConnectionKey("localhost", 1, False, True, None, None, None)  # noqa: FBT003 - aiohttp's
    error = network_error(ClientConnectorError(place, OSError("refused")))

    outcome = telegram_errors.outcome(error, private=True)

    assert isinstance(outcome, Unknown)
    assert not outcome.maybe_delivered


def test_a_reason_is_short() -> None:
    error = TelegramServerError(METHOD, "x" * 10_000)

    outcome = telegram_errors.outcome(error, private=True)

    assert isinstance(outcome, Unknown)
    assert len(outcome.reason) <= 200


# A part of the call is impossible


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("message is not modified: specified new content is the same", Obstacle.NO_CHANGE),
        ("MESSAGE_NOT_MODIFIED", Obstacle.NO_CHANGE),
        ("message to delete not found", Obstacle.NO_CHANGE),
        ("message to unpin not found", Obstacle.NO_CHANGE),
        ("CHAT_NOT_MODIFIED", Obstacle.NO_CHANGE),
        ("message can't be deleted for everyone", Obstacle.UNDELETABLE),
        ("message to edit not found", Obstacle.TARGET_GONE),
        ("message can't be edited", Obstacle.UNEDITABLE),
        ("there is no caption in the message to edit", Obstacle.UNEDITABLE),
        ("message to be replied not found", Obstacle.TARGET_GONE),
        ("message thread not found", Obstacle.THREAD_GONE),
        ("TOPIC_CLOSED", Obstacle.THREAD_GONE),
        ("TOPIC_DELETED", Obstacle.THREAD_GONE),
        ("MESSAGE_ID_INVALID", Obstacle.TARGET_GONE),
        ("message to copy not found", Obstacle.SOURCE_GONE),
        ("message can't be copied", Obstacle.SOURCE_GONE),
        ("message with poll can't be copied", Obstacle.SOURCE_GONE),
        ("there is no media in the request", Obstacle.SOURCE_GONE),
        ("wrong file identifier/HTTP URL specified", Obstacle.SOURCE_GONE),
        (
            "wrong remote file identifier specified: Wrong padding in the string",
            Obstacle.SOURCE_GONE,
        ),
        (
            "can't parse entities: Can't find end of the entity starting at byte offset 5",
            Obstacle.ENTITIES,
        ),
        ("ENTITY_TEXT_INVALID", Obstacle.ENTITIES),
        ("ENTITY_MENTION_USER_INVALID", Obstacle.ENTITIES),
    ],
)
def test_a_400_may_say_what_is_impossible(words: str, expected: Obstacle) -> None:
    assert telegram_errors.obstacle(bad_request(words), private=False) is expected


def test_only_a_400_names_an_obstacle() -> None:
    assert telegram_errors.obstacle(forbidden("message to edit not found"), private=True) is None


@pytest.mark.parametrize(
    "words",
    [
        "bot was kicked from the supergroup chat",
        "bot was kicked from the group chat",
        "bot is not a member of the supergroup chat",
    ],
)
def test_a_group_that_threw_us_out_is_no_word_of_the_user(words: str) -> None:
    """A copy of what staff wrote goes to the user by its file, or described."""
    assert telegram_errors.obstacle(forbidden(words), private=True) is Obstacle.SOURCE_GONE
    assert telegram_errors.obstacle(forbidden(words), private=False) is None


def test_a_user_who_blocked_the_bot_is_no_obstacle() -> None:
    assert telegram_errors.obstacle(forbidden("bot was blocked by the user"), private=True) is None


# Answers that aiogram can't read


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        ({"message_id": 77, "of_a_later_version": True}, (77,)),
        ([{"message_id": 77}, {"message_id": 78}], (77, 78)),
        (True, ()),
        ({}, ()),
        (None, ()),
        ([], ()),
    ],
)
def test_ok_that_cannot_be_read_is_ok(result: Any, ids: tuple[int, ...]) -> None:
    error = undecoded({"ok": True, "result": result})

    assert telegram_errors.obstacle(error, private=False) is None
    assert telegram_errors.outcome(error, private=True) == Delivered(ids)


@pytest.mark.parametrize(
    "data",
    [
        "<html><h1>502 Bad Gateway</h1></html>",
        "",
        {"ok": False, "description": 5},
        {"ok": "true", "result": {"message_id": 5}},
        {},
        [],
        json.loads("null"),
    ],
    ids=repr,
)
def test_what_is_not_telegrams_answer_says_nothing(data: Any) -> None:
    outcome = telegram_errors.outcome(undecoded(data), private=True)

    assert outcome == Unknown("the answer is not Telegram's", maybe_delivered=True)


@pytest.mark.parametrize("error", [RuntimeError("a mistake of ours"), AiogramError("no answer")])
def test_what_telegram_did_not_say_is_raised_again(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        telegram_errors.outcome(error, private=True)

    assert raised.value is error
