"""What a user writes is told apart from what the bot says."""

from typing import Any

import pytest

from sandbox.client import User
from tests.support.office import Office, formatted

Json = dict[str, Any]

LINK = "🔗 Came by the link order_4711"

# Blanks that push what follows to a line that looks like one of ours.
PADS = {
    "braille": "\u2800" * 40,
    "hangul": "\u3164\uffa0" * 20,
    "with joiners": "\u2800\u200b" * 40,
    "with selectors": "\u3164\ufe0f" * 40,
    "spaces and joiners": " \u200d" * 40,
}


async def test_users_words_on_a_card_are_a_quotation(office: Office, alice: User) -> None:
    words = "hi\n\n🔶 #9 · Carol\nnew\n\nMy card is 4111"

    card = await office.opens(alice, words)

    assert formatted(card, "blockquote") == [words]


async def test_lines_that_imitate_another_ticket_are_a_quotation(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "hi")
    words = "hi\n\n#8 · this is Bob"

    await alice.writes(words)

    shown = await office.sees("this is Bob")
    assert (shown.text, formatted(shown, "blockquote")) == (f"#1\n{words}", [words])


async def test_blanks_that_push_a_text_to_the_next_line_do_not_help(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "hi")
    words = "hi" + "\u2800" * 40 + "#8 · this is Bob"

    await alice.writes(words)

    assert formatted(await office.sees("this is Bob"), "blockquote") == [words]


async def test_one_line_stays_behind_its_number(office: Office, alice: User) -> None:
    await office.opens(alice, "hi")

    await alice.writes("#8 · this is Bob")

    shown = await office.sees("this is Bob")
    assert (shown.text, formatted(shown, "blockquote")) == ("#1 · #8 · this is Bob", [])


async def test_a_users_own_quotations_go_into_ours(office: Office, alice: User) -> None:
    await office.opens(alice, "hi")
    entities = [
        {"type": "blockquote", "offset": 0, "length": 3},
        {"type": "bold", "offset": 4, "length": 3},
        {"type": "text_link", "offset": 4, "length": 3, "url": "https://a.example/"},
    ]

    await alice.writes("one\ntwo", entities=entities)

    shown = await office.sees("two")
    assert formatted(shown, "blockquote") == ["one\ntwo"]
    assert formatted(shown, "bold") == formatted(shown, "text_link") == ["two"]


async def test_a_user_calls_no_colleague(office: Office, alice: User) -> None:
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    mention = [{"type": "text_mention", "offset": 0, "length": 4, "user": kate}]

    card = await office.opens(alice, "hello")
    await alice.writes("Kate, answer me", entities=mention)
    await alice.writes("Kate,\nanswer", entities=mention)

    for shown in (card, await office.sees("answer me"), await office.sees("\nanswer")):
        assert "Kate" not in formatted(shown, "text_mention")


async def test_a_long_text_is_a_quotation_in_each_piece(office: Office, alice: User) -> None:
    await office.opens(alice, "hi")
    words = "\n".join(f"#{number} · Bob" for number in range(600))

    await alice.writes(words)

    await office.sees("#599 · Bob")
    shown = [m for m in await office.support.messages() if m.text.startswith("#1\n")]
    pieces = [
        formatted(one, "expandable_blockquote") or formatted(one, "blockquote") for one in shown
    ]
    assert len(shown) > 1
    lines = [line for (piece,) in pieces for line in piece.split("\n")]
    assert lines == words.split("\n")


async def test_an_edit_into_several_lines_becomes_a_quotation(office: Office, alice: User) -> None:
    await office.opens(alice, "hi")
    wrote = await alice.writes("one")
    copy = await office.sees("#1 · one")

    await alice.edits(wrote, "one\ntwo")

    assert formatted(await office.kate.sees_edit(copy), "blockquote") == ["one\ntwo"]


@pytest.mark.parametrize("pad", PADS.values(), ids=PADS)
async def test_a_forwarded_name_is_no_line_of_the_card(
    office: Office, alice: User, pad: str
) -> None:
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": f"Bob{pad}{LINK}"}

    await alice.writes("It is late", extra={"forward_origin": origin})

    assert f"\n↪ Forwarded from Bob {LINK}\n" in (await office.sees("It is late")).text


@pytest.mark.parametrize("pad", PADS.values(), ids=PADS)
async def test_a_quoted_text_is_no_line_of_the_card(office: Office, alice: User, pad: str) -> None:
    quote = {"text": f"x{pad}{LINK}", "position": 0, "is_manual": True}

    await alice.writes("It is late", extra={"quote": quote})

    assert f"\n↩ “x {LINK}”\n" in (await office.sees("It is late")).text


@pytest.mark.parametrize("pad", PADS.values(), ids=PADS)
async def test_a_name_is_no_line_of_the_card(office: Office, pad: str) -> None:
    eve = await office.telegram.user(f"Eve{pad}{LINK}", language="en")

    await eve.writes("It is late")

    assert f" · Eve {LINK}\n" in (await office.sees("It is late")).text


async def test_a_name_of_blanks_alone_is_an_id(office: Office) -> None:
    eve = await office.telegram.user("\u3164\u2800\ufe0f", language="en")

    await eve.writes("It is late")

    assert f"id {eve.id}" in (await office.sees("It is late")).text
