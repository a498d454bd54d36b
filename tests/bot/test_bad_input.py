"""Bad input: a clear answer, nothing lost, and the next update is handled."""

import json
from typing import Any

import pytest
from sqlalchemy import select
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bot.commands import replay
from database.machinery import DeadUpdate
from database.models import Message
from sandbox.client import User
from tests.support.office import Office, Sessions, formatted, now, open_office, settings_for

REPLACEMENT = "\ufffd"


def person(user: User, **changes: Any) -> dict[str, Any]:
    return {"id": user.id, "is_bot": False, "first_name": user.name} | changes


def message(user: User, **content: Any) -> dict[str, Any]:
    """Make a private message as it is in an update's JSON."""
    chat = {"id": user.id, "type": "private", "first_name": user.name}
    fixed = {"message_id": 999_999, "date": 1_795_435_200, "from": person(user), "chat": chat}
    return {"message": fixed | content}


async def stored(office: Office) -> list[str | None]:
    async with office.sessions() as session:
        return list(await session.scalars(select(Message.text).order_by(Message.id)))


async def dead(office: Office) -> list[DeadUpdate]:
    async with office.sessions() as session:
        return list(await session.scalars(select(DeadUpdate)))


async def test_every_line_about_an_update_that_comes_alone_names_it(
    office: Office, alice: User
) -> None:
    with capture_logs([merge_contextvars]) as lines:
        await office.opens(alice, "My order is late")
        await alice.writes("/nonsense")
        await alice.sees("/nonsense")

    told = [
        line for line in lines if line["event"] in {"number given", "refused", "update handled"}
    ]
    assert len({line["event"] for line in told}) == 3
    assert all("update_id" in line for line in told)


# Texts


@pytest.mark.parametrize("text", ["x" * 4096, "😀" * 2048, "ab " * 1365 + "c", "é" * 4095 + "!"])
async def test_a_first_text_of_4096_units_is_split_between_card_and_reply_and_never_cut(
    office: Office, alice: User, text: str
) -> None:
    await alice.writes(text)

    await alice.sees("Ticket #1")
    rest = await office.sees("#1\n" + text[-1] if len(set(text)) == 1 else text[-5:])
    card = await office.sees("🔶 #1 · Alice")
    assert rest.reply_to == card.id
    on_card = card.text.split("\n", 2)[2].removesuffix(" …")
    assert (on_card + rest.text.removeprefix("#1\n")).replace(" ", "") == text.replace(" ", "")
    assert await stored(office) == [text]


async def test_a_follow_up_of_4096_units_is_split_with_the_number_before_each_piece(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    bold = [{"type": "bold", "offset": 4000, "length": 96}]

    await alice.writes("y" * 4096, entities=bold)

    first = await office.sees("#1\nyyyyy")
    second = await office.sees("#1\nyyyyy", after=first)
    pieces = [m for m in await office.support.messages() if m.text.startswith("#1\ny")]
    assert pieces[-1].id == second.id
    assert "".join(m.text.removeprefix("#1\n") for m in pieces) == "y" * 4096
    assert sum(len(part) for piece in pieces for part in formatted(piece, "bold")) == 96


async def test_an_answer_of_4096_units_arrives_in_one_piece(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "z" * 4096)

    assert (await alice.sees("zzz")).text == "z" * 4096


@pytest.mark.parametrize(
    "text", ["<b>1 < 2</b> &amp; &", "*a* _b_ `c` [d](e) ~f~ ||g||", "{ticket} %s \\n"]
)
async def test_what_looks_like_formatting_is_shown_as_it_was_written(
    office: Office, alice: User, text: str
) -> None:
    card = await office.opens(alice, text)
    await alice.writes(f"again {text}")
    follow_up = await office.sees("again")

    assert card.text.endswith(f"\n{text}")
    assert follow_up.text == f"#1 · again {text}"
    assert formatted(card, "bold") == []
    assert formatted(follow_up, "bold") == []


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x00", "\udfff", "😀 a\ud83d\x00b"])
async def test_what_databases_refuse_is_replaced_and_the_rest_arrives(
    office: Office, alice: User, text: str
) -> None:
    await alice.writes("/start")
    await alice.sees("Hello!")
    shown = "".join(REPLACEMENT if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text)

    await office.telegram.update(message(alice, text=text))

    await alice.sees("Ticket #1 is open")
    await office.sees(shown)
    assert await stored(office) == [shown]


async def test_names_and_captions_are_cleaned_as_well(office: Office, alice: User) -> None:
    await alice.writes("/start")
    sent = await alice.sends_photo("a caption")
    content = {"caption": "b\x00\ud800", "photo": sent.raw["photo"], "message_id": sent.id + 1000}
    body = message(alice, **content)
    body["message"]["from"] = person(alice, first_name="A\x00li\udc00ce")

    await office.telegram.update(body)

    await office.sees(f"b{REPLACEMENT * 2}", kind="photo")
    await alice.writes("/start")
    assert await dead(office) == []


@pytest.mark.parametrize(
    "text", ["\u200b\u200d", "مرحبا بالعالم", "\u202eabc", "e\u0301" * 50, "👨‍👩‍👧‍👦🏳️‍🌈"]
)
async def test_right_to_left_and_zero_width_text_arrives(
    office: Office, alice: User, text: str
) -> None:
    await alice.writes(text)

    await alice.sees("Ticket #1 is open")
    await office.sees("🔶 #1 · Alice")
    assert await stored(office) == [text]
    assert await dead(office) == []


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("👩‍🚀 Zoë 😀", None, "👩‍🚀 Zoë 😀"),
        ("<b>Bold</b>", "*&*", "<b>Bold</b> *&*"),
        ("محمد", None, "\u200e\u2068محمد\u2069"),
        ("\u2800", None, "id {id}"),
        ("\u3164", None, "id {id}"),
        ("\u200f\u200e", None, "id {id}"),
        ("", None, "id {id}"),
        (" ", " ", "id {id}"),
        ("{ticket}", None, "{ticket}"),
        ("N" * 64, "M" * 64, "N" * 64 + " " + "M" * 64),
    ],
)
async def test_any_name_can_be_read_on_the_card(
    office: Office, first: str, last: str | None, shown: str
) -> None:
    user = await office.telegram.user(first, last_name=last)

    await user.writes("My order is late")

    card = await office.sees("My order is late")
    head = card.text.splitlines()[0]
    assert head.replace("\u2068", "").replace("\u2069", "") == (
        f"🔶 #1 · {shown.format(id=user.id) if 'id {' in shown else shown}"
    ).replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("caption", ["c" * 1024, "😀" * 512])
async def test_a_caption_of_1024_units_travels_whole_both_ways(
    office: Office, alice: User, caption: str
) -> None:
    await alice.sends_photo(caption)
    copy = await office.sees(kind="photo")
    await office.kate.sends_photo(caption, reply_to=copy)

    assert copy.text == caption
    assert (await alice.sees(kind="photo")).text == caption


# Updates


@pytest.mark.parametrize(
    "update",
    [
        {"something_of_next_year": {"id": 1}},
        {"message": {"message_id": "seven"}},
        {"message": None},
        {},
        {"inline_query": {"id": "1", "from": {"id": 5, "is_bot": False, "first_name": "Eve"}}},
        {"callback_query": {"id": 5, "data": []}},
        {"edited_message": "text"},
    ],
)
async def test_an_update_that_nobody_understands_is_kept_and_the_next_is_handled(
    office: Office, alice: User, update: dict[str, Any]
) -> None:
    update_id = await office.telegram.update(update)
    await alice.writes("My order is late")

    await office.sees("My order is late")
    await office.sees(
        "Something that was sent to me could not be handled. It is not lost, but kept as no. 1"
    )
    [kept] = await dead(office)
    assert kept.update_id == update_id
    assert kept.raw.isascii()


async def test_who_sent_what_cannot_be_handled_is_told_and_so_are_staff(
    office: Office, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ticket_service.receive", fails)

    with capture_logs() as logs:
        written = await alice.writes("My secret \x00 order is late")
        told = await alice.sees(
            "Something went wrong on our side. This has been saved, and our team will be notified."
        )
        told_staff = await office.sees("Something that was sent to me could not be handled")
    monkeypatch.undo()
    await alice.writes("Hello?")

    assert told.reply_to == written.id
    assert told_staff.text.endswith("\nFrom: Alice @alice")
    assert formatted(told_staff, "text_mention") == ["Alice"]
    await alice.sees("Ticket #1 is open")
    [kept] = await dead(office)
    assert "ArithmeticError" in kept.error
    assert "secret" not in repr(logs)
    assert any(line["event"] == "update set aside" for line in logs)


async def fails(*_: object, **__: object) -> None:
    raise ArithmeticError("My secret \x00 order")


@pytest.mark.parametrize(
    "changes",
    [
        {"chat": {"id": 2**63, "type": "private"}},
        {"chat": {"id": -(2**70), "type": "group"}},
        {"message_id": 2**63},
        {"message_id": -(2**63) - 1},
        {"from": {"id": 2**64, "is_bot": False, "first_name": "Eve"}},
        {"date": 10**30},
        {"from": {"id": 4711, "is_bot": False, "first_name": "Eve"}},
    ],
)
async def test_an_update_with_ids_that_cannot_be_ends_nothing(
    office: Office, alice: User, changes: dict[str, Any]
) -> None:
    """Telling its sender failed as well, and that ended the bot, again and again."""
    await alice.writes("/start")
    body = message(alice, text="Hello")
    body["message"] |= changes

    await office.telegram.update(body)
    await alice.writes("My order is late")

    await office.sees("My order is late")
    assert len(await dead(office)) == 1


async def test_a_megabyte_of_text_is_kept_for_the_operator_and_not_sent_around(
    office: Office, alice: User
) -> None:
    """It made 256 messages; dividing it again for each took minutes, in which nothing was sent."""
    await alice.writes("/start")

    await office.telegram.update(message(alice, text="z" * 10**6))
    await alice.writes("My order is late")

    await alice.sees("Something went wrong on our side.")
    await office.sees("My order is late")
    assert len(await dead(office)) == 1
    assert await stored(office) == ["My order is late"]


async def test_many_updates_that_cannot_be_handled_do_not_flood_the_group(
    office: Office, alice: User
) -> None:
    await alice.writes("/start")
    await office.telegram.update({"something_of_next_year": {}})
    await office.sees("could not be handled. It is not lost, but kept as no. 1")
    for _ in range(29):
        await office.telegram.update({"something_of_next_year": {}})
    await alice.writes("My order is late")
    await office.sees("My order is late")

    await office.telegram.advance(301)

    await office.sees(
        "29 messages or button presses could not be handled. They are not lost, but kept as no. 2"
    )
    said = [one.text for one in await office.support.messages() if "handled" in one.text]
    assert len(said) == 2


async def test_staff_hear_once_whose_updates_they_are(
    office: Office, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ticket_service.receive", fails)
    await alice.writes("one")
    await office.sees("From: Alice @alice")
    await bob.writes("two")
    told = await bob.sees("Something went wrong on our side.")
    await bob.writes("three")
    await bob.sees("Something went wrong on our side.", after=told)
    carol = await office.telegram.user("Carol")
    await carol.writes("four")
    await carol.sees("Something went wrong on our side.")

    await office.telegram.advance(301)

    news = await office.sees("3 messages or button presses could not be handled.")
    assert news.text.endswith("\nFrom: Bob, Carol")


async def test_a_name_that_is_longer_than_telegrams_does_not_keep_the_card_back(
    office: Office, alice: User
) -> None:
    await alice.writes("/start")
    body = message(alice, text="My order is late")
    body["message"]["from"] = person(alice, first_name="N" * 5000)

    await office.telegram.update(body)

    await office.sees("My order is late")


async def test_what_was_set_aside_can_be_replayed_after_a_fix(
    office: Office, alice: User, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.replay.utcnow", lambda: now(office.sandbox))
    settings = settings_for(office.sandbox, office.support, database_url=sqlite_url)
    said: list[str] = []
    with monkeypatch.context() as mistake:
        mistake.setattr("services.ticket_service.receive", fails)
        await alice.writes("My order is late")
        await alice.sees("Something went wrong on our side")

        assert await replay.replay(settings, said.append) == 1

    assert await replay.replay(settings, said.append) == 0
    assert await replay.replay(settings, said.append) == 0

    await office.sees("My order is late")
    await alice.sees("Ticket #1 is open")
    assert said == [
        "1: failed, ArithmeticError",
        "0 handled, 1 left",
        "To see one: `replay show 1`. To forget one that never can be handled: `replay drop 1`.",
        "1: handled",
        "1 handled, 0 left",
        "0 handled, 0 left",
    ]


async def test_what_was_set_aside_and_comes_again_is_kept_once(office: Office) -> None:
    update = {"update_id": 5, "something_of_next_year": {}}

    await office.app.inbox.handle_one(update)
    await office.app.inbox.handle_one(update)

    assert len(await dead(office)) == 1


async def test_either_database_takes_what_is_bad(sessions: Sessions) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        await alice.writes("/start")
        body = message(alice, text="a\x00b\ud800c")
        body["message"]["from"] = person(alice, first_name="\udc00", language_code="\ud800")

        await office.telegram.update({"something\ud800_of_next_year\x00": "\udc00\x00"})
        await office.telegram.update(message(alice, story={}, message_id=7, text="\x00"))
        await office.telegram.update(body)

        await office.sees(f"a{REPLACEMENT}b{REPLACEMENT}c")
        await office.sees("could not be handled")
        kept = await dead(office)
        assert [json.loads(one.raw)["update_id"] for one in kept] == [one.update_id for one in kept]
