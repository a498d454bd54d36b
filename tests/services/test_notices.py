import json
from dataclasses import fields
from typing import Any

import pytest

from database.machinery import Precedence
from services import notices
from services.notices import Notice, read

VALUES: dict[Any, Any] = {
    int: 7,
    str: "text",
    bool: True,
    int | None: None,
    list[int]: [],
    list[dict[str, Any]]: [],
    dict[str, Any]: {"name": "NotForYou"},
    dict[str, Any] | None: {"inline_keyboard": []},
}
NOTICES = sorted(Notice.registry.values(), key=lambda kind: kind.__name__)


def made(kind: type[Notice]) -> Notice:
    """Make a notice with a value of the right type in each field."""
    return kind(**{field.name: VALUES[field.type] for field in fields(kind)})


@pytest.mark.parametrize("kind", NOTICES, ids=lambda kind: kind.__name__)
def test_every_notice_survives_the_outbox(kind: type[Notice]) -> None:
    notice = made(kind)

    assert read(kind.kind, json.loads(json.dumps(notice.to_json()))) == notice


def test_a_notice_is_stored_under_its_name() -> None:
    assert notices.TicketOpened.kind == "ticket_opened"
    assert notices.GroupIsNotStaff.kind == "group_is_not_staff"
    assert read("ticket_opened", {"ticket_id": 7}) == notices.TicketOpened(7)


def test_no_two_notices_share_a_name() -> None:
    assert len(Notice.registry) == len(Notice.__subclasses__())


@pytest.mark.parametrize(
    ("precedence", "kinds"),
    [
        (Precedence.ANSWER, {"answer_posted", "answer_edited", "answer_retracted"}),
        (Precedence.CARD, {"card_posted"}),
        (
            Precedence.FOLLOW_UP,
            {
                "question_posted",
                "question_edited",
                "edited_after_close",
                "edited_after_answer",
                "said_elsewhere",
            },
        ),
        (
            Precedence.REDRAW,
            {
                "card_redrawn",
                "card_retired",
                "line_removed",
                "sent_again",
                "thread_redrawn",
                "thread_shut",
                "thread_wanted",
                "update_set_aside",
            },
        ),
        (Precedence.REACTION, {"answer_delivered", "note_kept", "command_done"}),
        (Precedence.REFUSAL, {"refusal", "command_answered", "group_is_not_staff"}),
        (
            Precedence.BOARD,
            {
                "board_pinned",
                "board_retired",
                "board_shown",
                "board_unpinned",
                "card_pinned",
                "card_unpinned",
                "pin_untold",
                "thread_deleted",
            },
        ),
    ],
)
def test_each_kind_is_of_a_class(precedence: Precedence, kinds: set[str]) -> None:
    assert {kind.kind for kind in NOTICES if kind.precedence is precedence} == kinds


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        (
            "reported",
            {
                "answer_edited",
                "answer_posted",
                "answer_retracted",
                "card_posted",
                "question_edited",
                "question_posted",
            },
        ),
        (
            "decorates",
            {
                "answer_delivered",
                "board_pinned",
                "board_retired",
                "board_shown",
                "board_unpinned",
                "card_pinned",
                "card_redrawn",
                "card_retired",
                "card_unpinned",
                "command_done",
                "line_removed",
                "note_kept",
                "pin_untold",
                "question_withdrawn",
                "sent_again",
                "thread_deleted",
                "thread_redrawn",
                "thread_shut",
            },
        ),
        ("free", {"answer_delivered", "command_done", "note_kept"}),
        ("passes_on", {"answer_posted", "question_posted"}),
        ("edits", {"answer_edited", "question_edited"}),
        ("merges", {"answer_posted", "question_posted"}),
        ("offers_again", {"delivery_failed", "user_returned"}),
        (
            "rings",
            {
                "delivery_failed",
                "threads_failed",
                "update_set_aside",
                "user_returned",
                "words_kept",
            },
        ),
        ("moves_along", {"unconfirmed_kept", "update_set_aside", "words_kept"}),
    ],
)
def test_each_rule_holds_for_its_kinds(rule: str, kinds: set[str]) -> None:
    assert set(notices.kinds(lambda notice: bool(getattr(notice, rule)))) == kinds


def test_a_kind_that_this_version_does_not_know_has_the_rules_of_any_notice() -> None:
    rules = notices.rules_of("of_tomorrow")

    assert (rules.reported, rules.merges, rules.passes_on) == (False, False, None)
