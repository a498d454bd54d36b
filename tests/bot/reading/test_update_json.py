"""What is read off an update that may be anything."""

from typing import Any

import pytest

from bot.reading import update_json
from services.helpdesk.content import Person

HUGE = [2**63, -(2**63) - 1, 10**30]
NO_ID: list[Any] = [*HUGE, 0, True, 1.5, "7", None, [], {}]


def update(**event: Any) -> dict[str, Any]:
    return {"update_id": 5, "message": event}


@pytest.mark.parametrize("value", NO_ID)
def test_what_no_database_keeps_as_an_id_is_none(value: Any) -> None:
    found = update_json.origin(
        update(chat={"id": value, "type": "private"}, message_id=value, **{"from": {"id": value}})
    )

    assert (found.chat_id, found.message_id, found.person_id) == (None, None, None)


@pytest.mark.parametrize("value", [1, -1, 2**63 - 1, -(2**63)])
def test_any_other_whole_number_is_one(value: int) -> None:
    assert update_json.origin(update(chat={"id": value})).chat_id == value


@pytest.mark.parametrize("value", [None, [], {}, "x", 5])
def test_an_update_of_any_shape_comes_from_nowhere(value: Any) -> None:
    nowhere = update_json.Origin(
        chat_id=None,
        private=False,
        message_id=None,
        language="",
        callback_query_id=None,
        person_id=None,
        is_program=True,  # nothing says that it is not
    )

    assert update_json.origin({"update_id": 5, "callback_query": value}) == nowhere
    assert (
        update_json.origin({"update_id": 5, "message": {"chat": value, "from": value}}) == nowhere
    )
    assert update_json.origin({"update_id": 5}) == nowhere


def test_what_is_sent_back_to_telegram_is_clean() -> None:
    query = {"id": "1\ud800", "from": {"language_code": "\x00e"}}

    found = update_json.origin({"update_id": 5, "callback_query": query})

    assert (found.callback_query_id, found.language) == ("1\ufffd", "\ufffde")


@pytest.mark.parametrize("value", [*HUGE, -1, True, 1.5, "7", None, []])
def test_a_number_that_cannot_be_confirmed_is_none(value: Any) -> None:
    assert update_json.update_id_of({"update_id": value}) is None
    assert update_json.update_id_of({}) is None


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1])
def test_any_other_number_is_the_updates(value: int) -> None:
    assert update_json.update_id_of({"update_id": value}) == value


@pytest.mark.parametrize(
    "sender",
    [None, "Eve", {}, {"id": 5}, {"id": -5, "is_bot": False}, {"id": 5, "is_bot": True}],
)
def test_who_is_no_person_wrote_nothing(sender: Any) -> None:
    assert update_json.writer(update(**{"from": sender})) is None


def test_whoever_wrote_is_known_by_what_is_said_of_the_person() -> None:
    eve = {"id": 5, "is_bot": False, "first_name": "E\ud800ve", "last_name": 7, "username": "eve"}

    assert update_json.writer(update(**{"from": eve})) == Person(5, "E\ufffdve", "eve")
