import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import entities, html, markdown, units
from sandbox.client import User
from sandbox.errors import ApiError
from tests.sandbox.conftest import Api, Json


def shape(found: list[Json]) -> list[tuple[str, int, int]]:
    return [(entity["type"], entity["offset"], entity["length"]) for entity in found]


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("<b>a</b> &lt;&amp;&#33;&#x41;&nbsp;", "a <&!A&nbsp;", [("bold", 0, 1)]),
        ("😀<i>x</i>", "😀x", [("italic", 2, 1)]),
        ("<b>1<i>2</i></b>", "12", [("italic", 1, 1), ("bold", 0, 2)]),
        ("<b></b>", "", []),
        ('<span class="tg-spoiler">s</span>', "s", [("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<B>x</>", "x", [("bold", 0, 1)]),
    ],
)
def test_html_becomes_text_and_entities(
    source: str, text: str, found: list[tuple[str, int, int]]
) -> None:
    plain, parsed = html.parse(source)

    assert (plain, shape(parsed)) == (text, found)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<p>", 'Unsupported start tag "p" at byte offset 2'),
        ("<b>", 'Can\'t find end tag corresponding to start tag "b"'),
        ("</b>", "Unexpected end tag at byte offset 0"),
        ("<b></i>", 'Unmatched end tag at byte offset 3, expected "</b>", found "</i>"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
    ],
)
def test_wrong_html_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        html.parse(source)

    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("source", "entity"),
    [
        ("<code><pre>x</pre></code>", {"type": "pre"}),
        ('<code class="language-c">x</code>', {"type": "code"}),
        ("<a href='http://x.y/?a&amp;b'>x</a>", {"type": "text_link", "url": "http://x.y/?a&b"}),
        (
            '<tg-emoji emoji-id="5">x</tg-emoji>',
            {"type": "custom_emoji", "custom_emoji_id": "5"},
        ),
        (
            '<tg-time unix="60" format="r">x</tg-time>',
            {"type": "date_time", "unix_time": 60, "date_time_format": "r"},
        ),
        ("<a>x</a>", {"type": "text_link", "url": "x"}),
    ],
)
def test_tags_with_attributes(source: str, entity: Json) -> None:
    assert html.parse(source) == ("x", [{"offset": 0, "length": 1} | entity])


@pytest.mark.parametrize("view", ["", "r", "t", "wDT"])
def test_a_time_is_an_entity(view: str) -> None:
    entity = {"type": "date_time", "offset": 0, "length": 1, "unix_time": 60}

    assert entities.check("x", [entity | {"date_time_format": view}])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "unix_time"),
        ({"unix_time": "60"}, "unix_time"),
        ({"unix_time": 0}, "unix_time"),
        ({"unix_time": 60, "date_time_format": "rt"}, "format"),
        ({"unix_time": 60, "date_time_format": 5}, "format"),
    ],
)
def test_a_wrong_time_is_refused(said: Json, reason: str) -> None:
    with pytest.raises(ApiError, match=reason):
        entities.check("x", [{"type": "date_time", "offset": 0, "length": 1} | said])


def test_code_inside_pre_names_its_language() -> None:
    _, found = html.parse('<pre><code class="language-python">x</code></pre>')

    assert found == [{"type": "pre", "offset": 0, "length": 1, "language": "python"}]


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("*b* _i_ __u__ ~s~ ||h||", "b i u s h", ["bold", "italic", "underline"]),
        (r"1\. \*no\*", "1. *no*", []),
        ("`a.b` [c](http://x.y/)", "a.b c", ["code", "text_link"]),
        ("```py\nx=1```", "x=1", ["pre"]),
        (">q\n>r\nn", "q\nr\nn", ["blockquote"]),
    ],
)
def test_markdown_v2_becomes_text_and_entities(source: str, text: str, found: list[str]) -> None:
    plain, parsed = markdown.parse(source)

    assert plain == text
    assert [entity["type"] for entity in parsed][: len(found)] == found


@pytest.mark.parametrize(
    ("source", "entity"),
    [
        (r"[x](http://x.y/\))", {"type": "text_link", "url": "http://x.y/)"}),
        ("![x](tg://emoji?id=5)", {"type": "custom_emoji", "custom_emoji_id": "5"}),
        ("```c\nx```", {"type": "pre", "language": "c"}),
        ("`x`", {"type": "code"}),
    ],
)
def test_links_and_code_of_markdown_v2(source: str, entity: Json) -> None:
    assert markdown.parse(source) == ("x", [{"offset": 0, "length": 1} | entity])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a]", "Character ']' is reserved and must be escaped with the preceding '\\'"),
        ("1.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("*b", "Can't find end of Bold entity at byte offset 0"),
        ("é`c", "Can't find end of Code entity at byte offset 2"),
    ],
)
def test_wrong_markdown_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        markdown.parse(source)

    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


def test_the_old_markdown_still_works() -> None:
    assert shape(markdown.parse_old("*b* _i_ `c`")[1]) == [
        ("bold", 0, 1),
        ("italic", 2, 1),
        ("code", 4, 1),
    ]
    with pytest.raises(ApiError, match="starting at byte offset 2"):
        markdown.parse_old("a *b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/a?b=1.", [("url", 4, 25)]),
        ("@alice_w and a@b.co", [("mention", 0, 8), ("email", 13, 6)]),
        ("#7 #tag7 /start@sandbox_bot x/y", [("hashtag", 3, 5), ("bot_command", 9, 18)]),
        ("😀 /help", [("bot_command", 3, 5)]),
    ],
)
def test_links_and_commands_are_found(text: str, found: list[tuple[str, int, int]]) -> None:
    assert shape(entities.arrange(text, [])) == found


async def test_explicit_entities_count_in_utf16(api: Api, alice: User) -> None:
    await alice.writes("/start")
    sent = await api(
        "sendMessage",
        chat_id=alice.id,
        text="😀 bold",
        entities=[{"type": "bold", "offset": 3, "length": 4}],
    )

    assert shape(sent["entities"]) == [("bold", 3, 4)]


@pytest.mark.parametrize(
    ("offset", "length", "reason"),
    [
        (1, 2, "entity begins in a middle of a UTF-16 symbol at byte offset 0"),
        (0, 1, "entity ends in a middle of a UTF-16 symbol at byte offset 0"),
        (
            2,
            9,
            "entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 3",
        ),
    ],
)
async def test_entities_outside_of_the_text_are_refused(
    api: Api, alice: User, offset: int, length: int, reason: str
) -> None:
    await alice.writes("/start")

    entity = {"type": "bold", "offset": offset, "length": length}
    refused = await api.refused("sendMessage", chat_id=alice.id, text="😀x", entities=[entity])

    assert refused == (400, f"Bad Request: {reason}")


async def test_white_space_is_trimmed_and_entities_follow(api: Api, alice: User) -> None:
    await alice.writes("/start")

    sent = await api(
        "sendMessage", chat_id=alice.id, text=" \n a\x00b <b>c </b>\n ", parse_mode="HTML"
    )

    assert sent["text"] == "a b c"
    assert shape(sent["entities"]) == [("bold", 4, 1)]


@given(st.text())
def test_escaped_text_survives_html(source: str) -> None:
    escaped = source.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert html.parse(escaped) == (source, [])


@given(st.text())
def test_every_entity_is_within_the_cleaned_text(source: str) -> None:
    whole = [{"type": "bold", "offset": 0, "length": units.length(source)}] if source else []
    text, kept = units.clean(source, whole)

    for entity in entities.arrange(text, kept):
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= units.length(text)
