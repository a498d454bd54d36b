from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import text
from core.text import Entity, Piece, utf16_len, utf16_slice

# Characters that matter: breaks, pairs, accents, joiners, flags, skin tones, tags.
CHARACTERS = "ab \n\ré\u0301\ufe0f\u200d👍🏽👩🇩🇪🏴\U000e0067\U000e007f\u202e"
texts = st.text(st.sampled_from(CHARACTERS), max_size=60) | st.text(max_size=40).map(text.clean)
limits = st.integers(2, 25)


@st.composite
def formatted(draw: st.DrawFn) -> Piece:
    """Draw a text with entities whose edges fall between characters, as Telegram's do."""
    body = draw(texts)
    edges = [utf16_len(body[:index]) for index in range(len(body) + 1)]
    entities: list[Entity] = []
    for kind in draw(st.lists(st.sampled_from(["bold", "text_link"]), max_size=4)):
        begin, end = sorted([draw(st.sampled_from(edges)), draw(st.sampled_from(edges))])
        if begin < end:
            entities.append({"type": kind, "offset": begin, "length": end - begin, "url": "x"})
    return body, entities


def covered(piece: Piece) -> list[tuple[str, str]]:
    """Return each entity's kind and words."""
    body, entities = piece
    return [(e["type"], utf16_slice(body, e["offset"], e["length"])) for e in entities]


def cut(body: str, limit: int, first_limit: int | None = None) -> list[str]:
    pieces = text.split(body, [], limit if first_limit is None else first_limit, limit)
    return [piece for piece, _ in pieces]


# Cleaning and counting


@given(st.text(st.characters(exclude_categories=[])))
def test_a_cleaned_text_can_be_stored_and_keeps_its_offsets(body: str) -> None:
    cleaned = text.clean(body)

    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert utf16_len(cleaned) == len(body.encode("utf-16-le", "surrogatepass")) // 2


def test_nul_and_lone_surrogates_are_replaced_one_for_one() -> None:
    assert text.clean("a\x00b\ud800c\udfff👍") == "a\ufffdb\ufffdc\ufffd👍"


def test_a_character_beyond_the_first_plane_counts_twice() -> None:
    assert utf16_len("aй👍🏽") == 1 + 1 + 2 + 2


@given(texts)
def test_a_slice_counts_as_telegram_counts(body: str) -> None:
    for index in range(len(body) + 1):
        offset = utf16_len(body[:index])
        assert utf16_slice(body, 0, offset) == body[:index]
        assert utf16_slice(body, offset, utf16_len(body)) == body[index:]


def test_a_slice_through_a_pair_is_still_a_text() -> None:
    assert utf16_slice("👍👍", 1, 2).encode("utf-8")


# Splitting


@given(formatted(), st.integers(-1, 25), limits)
def test_the_pieces_together_are_the_text_and_each_fits(
    whole: Piece, first_limit: int, limit: int
) -> None:
    body, entities = whole

    pieces = text.split(body, entities, first_limit, limit)

    assert "".join(piece for piece, _ in pieces) == body
    assert utf16_len(pieces[0][0]) <= max(first_limit, 0)
    assert all(0 < utf16_len(piece) <= limit for piece, _ in pieces[1:])


@given(formatted(), limits)
def test_entities_keep_their_words_through_a_split(whole: Piece, limit: int) -> None:
    body, entities = whole

    pieces = text.split(body, entities, limit, limit)

    for kind in ("bold", "text_link"):
        before = "".join(words for each, words in sorted(covered(whole)) if each == kind)
        after = "".join(words for piece in pieces for each, words in covered(piece) if each == kind)
        assert sorted(before) == sorted(after)


@given(formatted(), limits)
def test_entities_lie_within_their_piece(whole: Piece, limit: int) -> None:
    for piece, entities in text.split(*whole, limit, limit):
        for entity in entities:
            assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= utf16_len(piece)


@given(formatted(), limits)
def test_split_pieces_joined_again_are_the_text(whole: Piece, limit: int) -> None:
    body, entities = whole

    again, moved = text.join(text.split(body, entities, limit, limit), "")

    assert again == body
    marks = [
        {at for e in kind for at in range(e["offset"], e["offset"] + e["length"])}
        for kind in (entities, moved)
    ]
    assert marks[0] == marks[1]


@given(
    st.lists(st.sampled_from(["e\u0301", "👍🏽", "👩\u200d👩\u200d👧", "🇩🇪", "1\ufe0f\u20e3", "x"]))
)
def test_what_readers_see_as_one_character_stays_whole(characters: list[str]) -> None:
    body = "".join(characters)
    longest = 8

    boundaries = {len("".join(characters[:index])) for index in range(len(characters) + 1)}
    position = 0
    for piece in cut(body, longest):
        position += len(piece)
        assert position in boundaries


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        ("one two\n\nthree f", ["one two\n\n", "three f"]),  # a paragraph rather than a word
        ("one two\nthree fou", ["one two\n", "three fou"]),  # a line rather than a word
        ("one two three", ["one two ", "three"]),
        ("a " + "b" * 12, ["a " + "b" * 8, "b" * 4]),  # a break that wastes half a piece is none
        ("x" * 25, ["x" * 10, "x" * 10, "x" * 5]),
        ("x" * 10, ["x" * 10]),
        ("", [""]),
        ("👍" * 6, ["👍" * 5, "👍"]),
        ("a" * 9 + "\r\n" + "b", ["a" * 9, "\r\nb"]),
        ("\u0301" * 12, ["\u0301" * 10, "\u0301" * 2]),  # no good place: nothing is lost
    ],
)
def test_a_cut_falls_where_it_hurts_least(body: str, pieces: list[str]) -> None:
    assert cut(body, 10) == pieces


def test_a_first_piece_that_has_no_room_is_empty() -> None:
    assert cut("👍 yes", 10, first_limit=1) == ["", "👍 yes"]
    assert cut("yes", 10, first_limit=-3) == ["", "yes"]
    assert cut("e\u0301\u0302", 10, first_limit=2) == ["", "e\u0301\u0302"]


def test_a_limit_that_no_pair_fits_into_is_refused() -> None:
    with pytest.raises(ValueError, match="any character"):
        text.split("👍", [], 1, 1)


def test_a_split_entity_keeps_what_else_it_says() -> None:
    link = {"type": "text_link", "offset": 0, "length": 14, "url": "https://example.org/"}

    pieces = text.split("one two three", [link], 8, 8)

    assert pieces == [
        ("one two ", [{**link, "length": 8}]),
        ("three", [{**link, "length": 5}]),
    ]


# Joining


@given(st.lists(formatted(), max_size=4), st.sampled_from(["", "\n", "👍"]))
def test_joined_entities_keep_their_words(pieces: list[Piece], separator: str) -> None:
    whole = text.join(pieces, separator)

    assert whole[0] == separator.join(piece for piece, _ in pieces)
    assert covered(whole) == [words for piece in pieces for words in covered(piece)]


def test_joining_leaves_what_it_was_given_alone() -> None:
    bold: dict[str, Any] = {"type": "bold", "offset": 0, "length": 1}

    _, moved = text.join([("👍", []), ("b", [bold])], "\n")

    assert moved == [{"type": "bold", "offset": 3, "length": 1}]
    assert bold["offset"] == 0


def test_a_number_is_filled_in_and_formatting_moves_along() -> None:
    bold = {"type": "bold", "offset": 3, "length": 10}
    code = {"type": "code", "offset": 14, "length": 1}
    first = {"type": "italic", "offset": 0, "length": 2}

    filled = text.fill(("😀 a {ticket} b {ticket}", [first, bold, code]), "{ticket}", "#12")

    assert filled == (
        "😀 a #12 b #12",
        [first, bold | {"length": 5}, code | {"offset": 9}],
    )


@pytest.mark.parametrize("value", ["", "{ticket}", "#1234567 · 21 Nov"])
def test_an_entity_on_a_placeholder_is_one_on_what_takes_its_place(value: str) -> None:
    alone = {"type": "bold", "offset": 1, "length": 8}

    filled, entities = text.fill(("({ticket})", [alone]), "{ticket}", value)

    assert filled == f"({value})"
    assert entities == [alone | {"length": len(value)}]


@pytest.mark.parametrize(("said", "nothing"), [("", True), (" \u200b\u3164\n", True), ("!", False)])
def test_what_shows_nothing(said: str, nothing: bool) -> None:
    assert text.shows_nothing(said) is nothing
