"""What a reader takes for slashes at the beginning."""

import pytest

from core.slashes import begins_with_slash, is_note

INVISIBLE = [
    "\u200b",  # zero width space
    "\ufeff",  # byte order mark
    "\u202e",  # right-to-left override
    "\u2066",  # isolate
    "\u00ad",  # soft hyphen
    "\u034f",  # combining grapheme joiner
    "\u0301",  # an accent on nothing
    "\u0338",  # a slash over the character before it
    "\u3164",  # Hangul filler, a letter
    "\u2800",  # blank Braille cell
    "\u00a0",  # no-break space
    "\u3000",  # wide space
    "\ufe0f",  # variation selector
    "\U000e0001",  # tag
    "\u2065",  # reserved for something invisible
    "\ufffd",  # what the database refused
    "\ufffc",  # the place of an object that is not there
    "\U0001d159",  # a note without a head
    "\U00013441",  # a blank among hieroglyphs
    "\ufdd0",  # never a character
    "\U0001ffff",
    "\x1f",
    "\n",
]
SLASHES = [
    *"/\u2044\u2215\u2571\u29f8\uff0f\u27cb\U0001f67c\u1735\u2041\u2cc6\u31d3\U0001d23a\u2e4a"
]

# Default_Ignorable_Code_Point of Unicode 16, by its ranges (DerivedCoreProperties.txt).
IGNORABLE = [
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE1000),
]


@pytest.mark.parametrize("before", INVISIBLE)
def test_what_shows_nothing_before_the_slashes_does_not_count(before: str) -> None:
    assert is_note(f"{before}// note")
    assert is_note(f"{before * 3}//")
    assert begins_with_slash(f"{before}/ note")


def test_nothing_that_unicode_calls_ignorable_is_visible() -> None:
    assert [hex(one) for one in IGNORABLE if not is_note(f"{chr(one)}// note")] == []


@pytest.mark.parametrize("slash", SLASHES)
def test_a_slash_of_any_kind_is_one(slash: str) -> None:
    assert is_note(f"{slash}{slash} note")
    assert is_note(f"/{slash}note")
    assert begins_with_slash(f"{slash} note")
    assert not is_note(f"{slash} note")


@pytest.mark.parametrize("text", ["\u2afd note", "\u2afb", "\u200b\u2afd", "\u1736"])
def test_one_sign_that_shows_several_slashes_makes_a_note(text: str) -> None:
    assert is_note(text)


@pytest.mark.parametrize("between", ["\u200b", "\u202e", "\ufe0f", "\u0301"])
def test_what_shows_nothing_between_the_slashes_does_not_count(between: str) -> None:
    assert is_note(f"/{between}/ note")


@pytest.mark.parametrize("text", ["/ / note", "/\n/ note", "/\u00a0/", "/note", "/", "/a/b", "/e/"])
def test_one_slash_alone_makes_no_note(text: str) -> None:
    assert not is_note(text)
    assert begins_with_slash(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b",
        "note",
        "1/2",
        "http://example.org",
        "\\\\ note",
        "- // note",
        "丿",
        "ノノ",
    ],
)
def test_what_begins_otherwise_is_neither(text: str) -> None:
    assert not is_note(text)
    assert not begins_with_slash(text)
