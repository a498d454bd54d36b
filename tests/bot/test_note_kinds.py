"""What begins with slashes stays among staff, whatever kind of message says it."""

from typing import Any

import pytest

from bot.reading.beginnings import beginning
from database.models import ContentKind
from sandbox.client import User
from tests.support.office import Office

Json = dict[str, Any]

BOLD: Json = {"type": "bold", "text": "/ she is rude"}


def rich(*blocks: Json) -> Json:
    return {"blocks": list(blocks)}


def paragraph(text: Any) -> Json:
    return {"type": "paragraph", "text": text}


NOTES: list[tuple[str, Json]] = [
    ("poll", {"question": "// refund her?", "options": ["yes", "no"]}),
    ("contact", {"first_name": "// hers", "phone_number": "+100"}),
    ("venue", {"title": "// hers", "address": "x", "latitude": 1, "longitude": 1}),
    ("rich_message", rich(paragraph("// she is rude"))),
    ("rich_message", rich(paragraph("\u200b"), paragraph(["/", BOLD]))),
]


@pytest.mark.parametrize(("kind", "what"), NOTES)
async def test_a_note_of_any_kind_stays_among_staff(
    office: Office, alice: User, kind: str, what: Json
) -> None:
    card = await office.opens(alice, "My order is late")

    note = await office.kate.sends(kind, reply_to=card, **what)

    await office.kate.sees_reaction(note, "✍")
    await office.kate.replies(card, "It is on its way")
    await alice.sees("on its way")
    assert kind not in [message.kind for message in await alice.chat.messages()]


async def test_what_has_one_slash_in_a_poll_is_asked_about(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.sends("poll", reply_to=card, question="/ refund?", options=["yes", "no"])

    await office.sees("begins with a slash")


@pytest.mark.parametrize(
    ("kind", "said", "begins"),
    [
        ("checklist", {"checklist": {"title": "// todo", "tasks": []}}, "// todo"),
        ("contact", {"contact": {"first_name": "Eve", "last_name": "// bad"}}, "// bad"),
        ("poll", {"poll": {"question": "Which?", "description": " // internal"}}, "// internal"),
        ("poll", {"poll": {"question": "Which?", "options": [{"text": "// a"}]}}, ""),
        ("poll", {"poll": None}, ""),
        (
            "rich_message",
            {"rich_message": rich({"type": "details", "summary": ["//", " x"], "blocks": []})},
            "// x",
        ),
        (
            "rich_message",
            {
                "rich_message": rich(
                    {"type": "photo", "photo": [], "caption": {"text": "// x", "credit": "y"}}
                )
            },
            "// x",
        ),
        (
            "rich_message",
            {"rich_message": rich({"type": "blockquote", "blocks": [paragraph(BOLD)]})},
            "/ she is rude",
        ),
        ("rich_message", {"rich_message": rich(paragraph("a"), paragraph("// b"))}, ""),
        (ContentKind.UNKNOWN, {"hologram": {"title": "// x"}}, "// x"),
        (ContentKind.UNKNOWN, {"hologram": {"id": 1}, "quote": {"text": "// x"}}, ""),
        ("audio", {"audio": {"title": "// x"}}, ""),
    ],
)
def test_what_a_reader_sees_first_counts(kind: str, said: Json, begins: str) -> None:
    assert beginning(kind, said) == begins
