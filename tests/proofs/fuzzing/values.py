"""Values that nobody expects, and texts that people write."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

MEGABYTE = 2**20

# A plan has up to a hundred steps, and hypothesis prints at most 30,000 characters of it.
_BEGINNING = 200


def cut(printed: str) -> str:
    """Cut the printed form of a step; its seed makes the whole step again."""
    return printed if len(printed) <= _BEGINNING else f"{printed[:_BEGINNING]}…"


@dataclass(frozen=True)
class Nested:
    """A value nested this deep; built only when it is sent, because it can't be printed."""

    depth: int

    def build(self) -> Any:
        value: Any = "deep"
        for level in range(self.depth):
            value = [value] if level % 2 else {"reply_to_message": value}
        return value


INTEGERS = st.sampled_from(
    [0, 1, -1, 7, 2**31, -(2**31) - 1, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30]
)
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "a\udfff\x00b",
        "\u202e\u2066",
        "مرحبا",
        "\u200b\u200d",
        "e\u0301" * 50,
        "👨‍👩‍👧‍👦🏳️‍🌈",
        "<b>&lt;{ticket} %s \\n'; DROP TABLE users; --",
        "y" * 5000,
        "😀" * 3000,
    ]
)
LONG = st.sampled_from(["z" * MEGABYTE, "😀\n" * (MEGABYTE // 8)])
HOSTILE: st.SearchStrategy[Any] = st.one_of(
    INTEGERS,
    TEXTS,
    st.sampled_from([None, True, False, [], {}, [None], {"id": None}, ["a", 1], 1.5, -0.0]),
    st.sampled_from([float("nan"), float("inf"), 1e300]),
    st.integers(),
    st.text(alphabet=st.characters(), max_size=20),
    st.sampled_from([60, 400, 900]).map(Nested),
)

PLAIN = st.sampled_from(
    [
        "Hello",
        "My order is late",
        "by three weeks",
        "ok",
        "thank you!",
        "спасибо",
        "Thanks, bye",
        "до свидания, а когда",
        "why?",
        "x" * 4096,
    ]
)
SAID = st.one_of(PLAIN, PLAIN, PLAIN, st.text(max_size=30), TEXTS)

_NUMBERS = st.one_of(
    st.integers(0, 4).map(str),
    st.integers(0, 4).map("#{}".format),
    st.integers(1, 4).map("2026-11-22/{}".format),
    st.sampled_from(
        [
            "",
            "on",
            "off",
            "7",
            "2026-13-45/7",
            "#99999999999",
            "0x7",
            "-1",
            "٧",
            "7 7",
            "#",
            "/7",
            "\u2028",
        ]
    ),
)
_ENDS = st.sampled_from(["", " spam, third time", " \x00", "\nnext line", " " + "r" * 400])
COMMANDS = st.one_of(
    st.builds(
        "/{}{} {}{}".format,
        st.sampled_from(
            [
                "close",
                "take",
                "reopen",
                "split",
                "merge",
                "tickets",
                "settings",
                "board",
                "setup",
                "help",
                "start",
                "new",
                "New",
                "dance",
                "CLOSE",
                "Start",
            ]
        ),
        st.sampled_from(["", "", "@support_bot", "@Support_Bot", "@other_bot"]),
        _NUMBERS,
        _ENDS,
    ),
    st.sampled_from(["/", "/close", "/take", "/reopen", "//", "/@support_bot", "/close@", "/7"]),
)
NOTES = st.sampled_from(
    [
        "// call her",
        "//",
        " // spaced",
        "/ / no",
        "//\x00",
        "\x00// no",
        "\u200b\ufeff// no",
        "\u202e/\u2066/ no",
        "\uff0f\uff0f wide",
        "\u2044\u2215",
        "\u0338\u0301// no",
        "\u2afd",
        "/ one slash",
        "\uff0f one",
        "\u3164/one",
        "/",
    ]
)

ENTITIES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                [
                    "bold",
                    "bot_command",
                    "mention",
                    "pre",
                    "text_link",
                    "custom_emoji",
                    "of_next_year",
                    "blockquote",
                ]
            ),
            "offset": st.one_of(st.integers(0, 5), st.integers(0, 5), INTEGERS),
            "length": st.one_of(st.integers(1, 5), st.integers(1, 5), INTEGERS),
        },
        optional={
            "url": st.just("https://example.org"),
            "language": TEXTS,
            "custom_emoji_id": st.just("5"),
            "of_next_year": TEXTS,
        },
    ),
    max_size=4,
)
