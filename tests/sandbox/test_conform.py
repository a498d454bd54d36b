"""What holds all calls of these tests against Telegram's description would find what is wrong."""

from typing import Any

import pytest

from sandbox.calls import Call
from tests.sandbox.conftest import NOON, Json
from tests.support import conform

CHAT = {"id": 1, "type": "private"}
MESSAGE: Json = {"message_id": 1, "date": 1, "chat": CHAT, "text": "x"}
SAID = {"chat_id": "1", "text": "x"}
REFUSAL = {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}


@pytest.fixture(autouse=True)
def described() -> None:
    if reason := conform.missing():
        pytest.skip(reason)


def call(params: dict[str, str], answer: Json | None, **more: Any) -> Call:
    status = (200 if answer["ok"] else 400) if answer else 0
    return Call(1, "sendMessage", params, NOON, status=status, answer=answer, **more)


def worked(result: object) -> Json:
    return {"ok": True, "result": result}


@pytest.mark.parametrize(
    ("params", "answer", "finding"),
    [
        ({"chat_id": "1"}, worked(MESSAGE), "parameter 'text' is missing"),
        (SAID | {"shape": "round"}, worked(MESSAGE), "no parameter 'shape'"),
        (SAID, worked(MESSAGE | {"mood": "good"}), "Message has no field 'mood'"),
        (SAID, worked({"message_id": 1}), "Message.chat is missing"),
        (SAID, REFUSAL | {"error_code": 403}, "refused: error_code"),
        (SAID, REFUSAL | {"description": ""}, "description is ''"),
        (SAID, REFUSAL | {"parameters": {"retry": 1}}, "has no field 'retry'"),
        (SAID, REFUSAL | {"retry_after": 1}, "more than it should be"),
    ],
)
def test_what_is_wrong_is_found(params: dict[str, str], answer: Json, finding: str) -> None:
    found = conform.check([call(params, answer)], wrong_on_purpose=True)

    assert finding in "\n".join(found)


@pytest.mark.parametrize(
    "right",
    [
        call(SAID, worked(MESSAGE)),
        call({"text": "x"}, REFUSAL),
        call({}, REFUSAL | {"parameters": {"retry_after": 3}}),
        call({}, None),
        call(SAID, worked({"from_a_later_version": True}), fault="garbage"),
    ],
)
def test_what_is_right_or_wrong_on_purpose_is_not(right: Call) -> None:
    assert conform.check([right], wrong_on_purpose=True) == []


def test_a_bot_that_asks_wrongly_is_found_although_it_was_refused() -> None:
    assert conform.check([call({"text": "x"}, REFUSAL)]) == [
        "sendMessage: parameter 'chat_id' is missing"
    ]
