"""Texts of any length: nothing is cut, formatting stays where it was, edits reach all pieces."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from bot.wording.context import TEXT_LIMIT
from core.address import Place
from core.text import utf16_len, utf16_slice
from database.models import Direction, Message, Ticket
from services import links, outbox
from services import ticket_service as tickets
from services.helpdesk import answers, messages, question_edits
from services.helpdesk.content import Content
from services.notices import AnswerDelivered
from tests.bot.wording.wall import Seen, Wall, at
from tests.services import factories
from tests.services.factories import ANN, STAFF, TODAY, content
from tests.support.times import NOON

USER = ANN.telegram_id

# The sign at the end of what goes on below.
MORE = " …"


async def ask(session: AsyncSession, text: str, **fields: Any) -> tuple[Ticket, Message]:
    """Write to the bot."""
    written = content(text, **fields)
    ticket = await tickets.receive(session, ANN, written, staff_chat_id=STAFF, day=TODAY, now=NOON)
    message = await messages.find(session, Place(USER, written.message_id))
    assert message is not None
    return ticket, message


async def edit(session: AsyncSession, message: Message, text: str, **fields: Any) -> None:
    """Change what a user wrote."""
    await question_edits.edit(session, message, content(text, **fields), now=NOON)


def words(count: int, sign: str = "w") -> str:
    """Make a text of this many UTF-16 units, in words of five letters."""
    return (f"{sign * 5} " * count)[: count - 1] + "."


def body(card: Seen) -> str:
    """Cut a card's head off."""
    return card.text.split("\n", 2)[2]


def unnumbered(text: str) -> str:
    """Take the ticket's number off a follow-up: it is before a line, or above a quotation."""
    return re.sub(r"^#1(?: · 23 Nov)?(?: · |\n)", "", text)


def followed(card: Seen, *pieces: Seen) -> str:
    """Put a first message together from its card and what follows it."""
    *whole, last = [body(card), *[unnumbered(piece.text) for piece in pieces]]
    return "".join(part.removesuffix(MORE) for part in whole) + last


def together(*pieces: Seen) -> str:
    """Put a text together from its pieces."""
    return "".join(unnumbered(piece.text) for piece in pieces)


# The first message


@pytest.mark.parametrize("length", [1, 2999, 3000])
async def test_a_first_message_is_on_its_card(
    session: AsyncSession, wall: Wall, length: int
) -> None:
    await ask(session, words(length))
    await wall.catch_up()

    (card,) = wall.chat()
    assert body(card) == words(length)


@pytest.mark.parametrize("length", [3001, 3500, 4096])
async def test_a_long_first_message_goes_on_in_a_reply_to_its_card(
    session: AsyncSession, wall: Wall, length: int
) -> None:
    await ask(session, words(length))
    await wall.catch_up()

    card, rest = wall.chat()
    assert card.text.endswith(MORE)
    assert followed(card, rest) == words(length)
    assert rest.reply_to == card.id
    assert rest.text.startswith("#1\n")
    assert rest.buttons == []


async def test_both_pieces_of_a_first_message_lead_to_its_ticket(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, words(4096))
    await wall.catch_up()

    found = [await links.ticket_id_of(session, Place(STAFF, piece.id)) for piece in wall.chat()]
    assert found == [ticket.id, ticket.id]


async def test_formatting_goes_on_over_the_cut(session: AsyncSession, wall: Wall) -> None:
    text = "😀" * 2048
    entities = [{"type": "bold", "offset": 2990, "length": 100}]
    await ask(session, text, entities=entities)
    await wall.catch_up()

    card, rest = wall.chat()
    bold = card.formatted("bold")[-1] + "".join(rest.formatted("bold"))
    assert bold == utf16_slice(text, 2990, 100)
    assert followed(card, rest) == text


async def test_no_character_is_torn(session: AsyncSession, wall: Wall) -> None:
    family = "👨‍👩‍👧‍👦"
    text = family * (4096 // utf16_len(family))
    await ask(session, text)
    await wall.catch_up()

    card, rest = wall.chat()
    assert followed(card, rest) == text
    assert body(card).removesuffix(MORE).endswith(family)


LONG = st.text(st.sampled_from("ab 😀\n"), min_size=1, max_size=1000).map(
    lambda text: (text * 4096)[: 4096 // 2] + "."
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(LONG)
async def test_whatever_is_written_nothing_is_cut(session: AsyncSession, text: str) -> None:
    async with session.begin_nested() as undone:
        wall = Wall(session)
        await ask(session, text)
        await wall.catch_up()
        card, *rest = wall.chat()
        await undone.rollback()

    assert followed(card, *rest) == text


@pytest.mark.parametrize(
    "lengths",
    [
        pytest.param([10, 4096], id="it grows over the cut"),
        pytest.param([4096, 10], id="it shrinks below the cut"),
        pytest.param([4096, 3500], id="it stays over the cut"),
        pytest.param([10, 4096, 10, 3500, 5], id="it goes to and fro"),
    ],
)
async def test_an_edit_of_a_first_message_reaches_all_its_pieces(
    session: AsyncSession, wall: Wall, lengths: list[int]
) -> None:
    first, *later = lengths
    _, message = await ask(session, words(first))
    await wall.catch_up()

    for number, length in enumerate(later):
        text = words(length, sign=chr(ord("a") + number))
        await edit(session, message, text)
        await wall.catch_up()
        card, *rest = wall.chat()
        assert followed(card, *rest) == text


async def test_an_edit_before_the_card_was_sent_is_on_the_card(
    session: AsyncSession, wall: Wall
) -> None:
    _, message = await ask(session, "Helo")
    await edit(session, message, "Hello")
    await wall.catch_up()

    assert [body(card) for card in wall.chat()] == ["Hello"]
    assert len(wall.calls) == 2


async def test_an_edit_on_another_day_reaches_all_pieces(session: AsyncSession, wall: Wall) -> None:
    _, message = await ask(session, words(4096))
    await wall.catch_up()

    wall.now = at(48)
    await edit(session, message, words(4090, "e"))
    await wall.catch_up()

    card, rest = wall.chat()
    assert "#1 · 23 Nov" in card.text
    assert body(card).removesuffix(MORE) + unnumbered(rest.text) == words(4090, "e")


# Follow-ups


@pytest.mark.parametrize(("length", "pieces"), [(1, 1), (4091, 1), (4092, 2), (4096, 2)])
async def test_a_follow_up_has_the_number_in_front_of_each_piece(
    session: AsyncSession, wall: Wall, length: int, pieces: int
) -> None:
    await ask(session, "Hello")
    await wall.catch_up()
    await ask(session, words(length))
    await wall.catch_up()

    card, *rest = wall.chat()
    assert len(rest) == pieces
    assert together(*rest) == words(length)
    assert {piece.reply_to for piece in rest} == {card.id}


@pytest.mark.parametrize("lengths", [[10, 4096], [4096, 10], [4096, 4095], [10, 4096, 10, 4096]])
async def test_an_edit_of_a_follow_up_reaches_all_its_pieces(
    session: AsyncSession, wall: Wall, lengths: list[int]
) -> None:
    await ask(session, "Hello")
    first, *later = lengths
    await wall.catch_up()
    _, message = await ask(session, words(first))
    await wall.catch_up()

    for number, length in enumerate(later):
        text = words(length, sign=chr(ord("a") + number))
        await edit(session, message, text)
        await wall.catch_up()
        _, *rest = wall.chat()
        assert together(*rest) == text


async def test_texts_that_wait_become_one_with_their_formatting(
    session: AsyncSession, wall: Wall
) -> None:
    await ask(session, "Hello")
    await wall.catch_up()
    for sign in ("😀 one", "two", "😀😀 three"):
        entity = {"type": "bold", "offset": 0, "length": utf16_len(sign)}
        await ask(session, sign, entities=[entity])
    await wall.catch_up()

    _, merged = wall.chat()
    assert merged.text == "#1\n😀 one\n\ntwo\n\n😀😀 three"
    assert merged.formatted("bold") == ["😀 one", "two", "😀😀 three"]


async def test_as_many_texts_merge_as_one_message_holds(session: AsyncSession, wall: Wall) -> None:
    await ask(session, "Hello")
    await wall.catch_up()
    sent = [words(1500, sign) for sign in "abcde"]
    for text in sent:
        await ask(session, text)
    await wall.catch_up()

    _, *merged = wall.chat()
    assert len(merged) == 3
    assert [part for one in merged for part in unnumbered(one.text).split("\n\n")] == sent


@pytest.mark.parametrize(("over", "messages"), [(0, 1), (1, 2)])
async def test_texts_merge_up_to_the_last_character_that_fits(
    session: AsyncSession, wall: Wall, over: int, messages: int
) -> None:
    await ask(session, "Hello")
    await wall.catch_up()
    room = TEXT_LIMIT - len("#1\n") - len("\n\n")
    await ask(session, "😀" * 1000)
    await ask(session, "x" * (room - 2000 + over))
    await wall.catch_up()

    _, *merged = wall.chat()
    assert len(merged) == messages
    assert all(utf16_len(one.text) <= TEXT_LIMIT for one in merged)


async def test_a_merged_text_can_be_edited(session: AsyncSession, wall: Wall) -> None:
    second, _ = await merged(session, wall, "two", "three")

    await edit(session, second, "2")
    await wall.catch_up()

    assert wall.texts()[1:] == ["#1\n2\n\nthree"]


async def merged(session: AsyncSession, wall: Wall, *texts: str) -> list[Message]:
    """Have texts that are in one message."""
    await ask(session, "Hello")
    await wall.catch_up()
    made = [(await ask(session, text))[1] for text in texts]
    await wall.catch_up()
    assert len(wall.chat()) == 2
    return made


def shown_whole(wall: Wall, text: str) -> bool:
    """Whether all of a text can be read, in one message or in two."""
    seen = [unnumbered(message.text) for message in wall.chat()]
    pairs = ["".join(pair) for pair in pairwise(seen)]
    return any(text in one for one in [*seen, *pairs])


@pytest.mark.parametrize("other", ["short", words(2500, "o"), words(4000, "o")])
@pytest.mark.parametrize("edited", [0, 1])
async def test_when_an_edit_makes_a_merged_message_too_long_all_can_still_be_read(
    session: AsyncSession, wall: Wall, other: str, edited: int
) -> None:
    written = ["small", other] if edited == 0 else [other, "small"]
    both = await merged(session, wall, *written)

    await edit(session, both[edited], words(4096, "e"))
    await wall.catch_up()

    assert shown_whole(wall, words(4096, "e"))
    assert shown_whole(wall, other)


async def test_when_both_of_a_merged_message_grow_all_can_still_be_read(
    session: AsyncSession, wall: Wall
) -> None:
    first, second = await merged(session, wall, "one", "two")

    for message, sign in ((first, "f"), (second, "s"), (first, "g")):
        await edit(session, message, words(3000, sign))
        await wall.catch_up()

    assert shown_whole(wall, words(3000, "g"))
    assert shown_whole(wall, words(3000, "s"))


async def test_what_was_not_edited_stays_whole_where_it_was(
    session: AsyncSession, wall: Wall
) -> None:
    first, _ = await merged(session, wall, "one", words(4000, "o"))

    await edit(session, first, words(4096))
    await wall.catch_up()

    assert wall.texts()[1].endswith(words(4000, "o"))


async def test_a_part_that_has_no_room_at_all_leaves_a_sign(
    session: AsyncSession, wall: Wall
) -> None:
    other = words(4096 - len("#1\n") - len("x\n\n"), "o")
    first, _ = await merged(session, wall, "x", other)

    wall.now = at(48)
    await edit(session, first, "xy")
    await wall.catch_up()

    assert wall.texts()[1:] == [f"#1\n—\n\n{other}", "#1 · 23 Nov · xy"]


async def test_a_merged_text_that_fits_again_is_where_it_was(
    session: AsyncSession, wall: Wall
) -> None:
    first, _ = await merged(session, wall, "one", "two")
    await edit(session, first, words(4096))
    await wall.catch_up()

    await edit(session, first, "1")
    await wall.catch_up()

    assert wall.texts()[1:] == ["#1\n1\n\ntwo"]


# Answers


async def reply(session: AsyncSession, ticket: Ticket, written: Content) -> Message:
    await answers.write(session, ticket, written, by=None, now=NOON)
    answer = await messages.find(session, Place(STAFF, written.message_id))
    assert answer is not None
    return answer


async def test_an_answer_is_as_it_was_written(session: AsyncSession, wall: Wall) -> None:
    ticket, _ = await ask(session, "Hello")
    bold = [{"type": "bold", "offset": 0, "length": 2}]
    await wall.catch_up()

    await reply(session, ticket, content(words(4096), chat_id=STAFF, entities=bold))
    await wall.catch_up()

    *_, answer = wall.chat(USER)
    assert (answer.text, answer.formatted("bold")) == (words(4096), ["ww"])
    assert (answer.reply_to, answer.buttons) == (None, [])


async def test_an_answer_to_a_certain_message_replies_to_it(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, "Hello")
    await wall.catch_up()
    _, question = await ask(session, "And where is it?")
    await wall.catch_up()
    _, copy = wall.chat()

    await reply(session, ticket, content("On its way", chat_id=STAFF, reply_to=copy.id))
    await wall.catch_up()

    assert wall.chat(USER)[-1].reply_to == question.message_id


async def test_an_answer_to_the_card_replies_to_nothing_in_particular(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, "Hello")
    await wall.catch_up()
    (card,) = wall.chat()

    await reply(session, ticket, content("It is late", chat_id=STAFF, reply_to=card.id))
    await wall.catch_up()

    assert wall.chat(USER)[-1].reply_to is None


async def test_an_answer_to_a_merged_message_replies_to_its_first(
    session: AsyncSession, wall: Wall
) -> None:
    first, _ = await merged(session, wall, "one", "two")
    ticket = await session.get_one(Ticket, first.ticket_id)
    ticket = await tickets.get(session, ticket.id, staff_chat_id=STAFF)

    await reply(session, ticket, content("Yes", chat_id=STAFF, reply_to=wall.chat()[1].id))
    await wall.catch_up()

    assert wall.chat(USER)[-1].reply_to == first.message_id


async def test_an_answer_to_a_note_or_an_answer_replies_to_what_the_user_has_of_it(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, "Hello")
    first = await reply(session, ticket, content("One", chat_id=STAFF))
    note = await factories.message(session, ticket, content("// x", chat_id=STAFF), Direction.NOTE)
    await wall.catch_up()
    seen = wall.chat(USER)[-1]

    for original in (first, note):
        written = content("Two", chat_id=STAFF, reply_to=original.message_id)
        await reply(session, ticket, written)
    await wall.catch_up()

    assert [message.reply_to for message in wall.chat(USER)[-2:]] == [seen.id, None]


async def test_an_edited_answer_changes_at_the_users(session: AsyncSession, wall: Wall) -> None:
    ticket, _ = await ask(session, "Hello")
    answer = await reply(session, ticket, content("It is late", chat_id=STAFF))
    await wall.catch_up()

    await answers.edit(session, ticket, answer, content("It is here", chat_id=STAFF), now=NOON)
    await wall.catch_up()

    assert wall.texts(USER)[-1] == "It is here"
    assert wall.reactions == [(answer.message_id, "👍")]


async def test_an_answer_that_becomes_a_note_disappears_at_the_users(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, "Hello")
    answer = await reply(session, ticket, content("He is a fool", chat_id=STAFF))
    await wall.catch_up()

    note = content("// He is a fool", chat_id=STAFF)
    await answers.edit(session, ticket, answer, note, now=NOON)
    await wall.catch_up()

    assert all("fool" not in text for text in wall.texts(USER))
    assert wall.reactions == [(answer.message_id, "👍"), (answer.message_id, "✍")]


async def test_an_answer_that_becomes_a_note_while_its_reaction_waits_is_marked_as_a_note(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, "Hello")
    answer = await reply(session, ticket, content("He is a fool", chat_id=STAFF))
    await wall.catch_up()
    wall.reactions.clear()

    note = content("// He is a fool", chat_id=STAFF)
    await answers.edit(session, ticket, answer, note, now=NOON)
    outbox.post(session, STAFF, AnswerDelivered(answer.id), now=NOON, ticket=ticket)
    await wall.catch_up()

    assert wall.reactions == [(answer.message_id, "✍")]


async def test_an_answer_that_becomes_a_note_in_time_is_never_sent(
    session: AsyncSession, wall: Wall
) -> None:
    ticket, _ = await ask(session, "Hello")
    answer = await reply(session, ticket, content("He is a fool", chat_id=STAFF))

    note = content("// He is a fool", chat_id=STAFF)
    await answers.edit(session, ticket, answer, note, now=NOON)
    await wall.catch_up()

    assert len(wall.chat(USER)) == 1
    assert wall.reactions == [(answer.message_id, "✍")]


async def test_a_note_gets_a_reaction_and_goes_nowhere(session: AsyncSession, wall: Wall) -> None:
    ticket, _ = await ask(session, "Hello")
    note = content("// ask Max", chat_id=STAFF)
    await answers.write(session, ticket, note, by=None, now=NOON)
    await wall.catch_up()

    assert wall.reactions == [(note.message_id, "✍")]
    assert len(wall.chat(USER)) == 1
