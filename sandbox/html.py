"""parse_mode=HTML: https://core.telegram.org/bots/api#html-style.

The rules and error texts are those of parse_html in tdlib/td (MessageEntity.cpp);
errors count in bytes of UTF-8, entities in UTF-16 code units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox import units
from sandbox.errors import ApiError, bad_request
from sandbox.model import Json

SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
TAGS = SIMPLE.keys() | {"a", "code", "pre", "blockquote", "tg-emoji", "tg-time"}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[\w.-]*))?\s*""")
LARGEST_CODE_POINT = 0x10FFFF


@dataclass(slots=True)
class Open:
    """An open tag."""

    tag: str
    attributes: dict[str, str]
    offset: int
    start: int


def _decode(match: re.Match[str]) -> str:
    """Decode one character reference; anything else stays as it is."""
    hexadecimal, decimal, name = match.groups()
    if name:
        return NAMED.get(name, match[0]) if name in NAMED else match[0]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < LARGEST_CODE_POINT else match[0]


def unescape(text: str) -> str:
    """Text with `&lt;` and its like decoded."""
    return _ENTITY.sub(_decode, text) if "&" in text else text


class Parser:
    """One text on its way from HTML to plain text and entities."""

    def __init__(self, source: str) -> None:
        """Begin at the first character."""
        self.source = source
        self.pos = 0
        self.out: list[str] = []
        self.chars = 0
        self.offset = 0
        self.open: list[Open] = []
        self.entities: list[Json] = []

    def fail(self, text: str, at: int | None = None) -> ApiError:
        """The error that Telegram would answer."""
        if at is not None:
            text += f" at byte offset {len(self.source[:at].encode('utf-8', 'surrogatepass'))}"
        return bad_request(f"can't parse entities: {text}")

    def write(self, text: str) -> None:
        """Append plain text."""
        self.out.append(text)
        self.offset += units.length(text)

    def parse(self) -> tuple[str, list[Json]]:
        """The plain text and its entities."""
        while (start := self.source.find("<", self.pos)) >= 0:
            self.write(unescape(self.source[self.pos : start]))
            self.pos = start + 1
            if self.source.startswith("/", self.pos):
                self.end_tag(start)
            else:
                self.start_tag(start)
        self.write(unescape(self.source[self.pos :]))
        if self.open:
            tag = self.open[-1].tag
            raise self.fail(f'Can\'t find end tag corresponding to start tag "{tag}"')
        text = "".join(self.out)
        if not units.valid(text):
            reason = "Text contains invalid Unicode characters after decoding HTML entities, "
            raise self.fail(f"{reason}check for unmatched surrogate code units")
        return text, self.entities

    def start_tag(self, start: int) -> None:
        """Read `<tag attributes>`."""
        name = re.compile(r"[^\s>]*").match(self.source, self.pos)
        tag = name[0].lower() if name else ""
        self.pos += len(tag)
        if self.pos >= len(self.source):
            raise self.fail("Unclosed start tag", start)
        if tag not in TAGS:
            raise self.fail(f'Unsupported start tag "{tag}"', start)
        attributes = self.attributes(tag, start)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self.fail('Tag "span" must have class "tg-spoiler"', start)
        self.open.append(Open(tag, attributes, self.offset, len(self.out)))

    def attributes(self, tag: str, start: int) -> dict[str, str]:
        """Read up to the closing `>`."""
        found: dict[str, str] = {}
        while self.pos < len(self.source) and self.source[self.pos] != ">":
            if self.source[self.pos].isspace():
                self.pos += 1
                continue
            match = _ATTRIBUTE.match(self.source, self.pos)
            if match is None:
                raise self.fail(f'Empty attribute name in the tag "{tag}"', start)
            name, value = match.groups()
            if value is None and (tag, name) != ("blockquote", "expandable"):
                reason = "Expected equal sign in declaration of an attribute of the tag"
                raise self.fail(f'{reason} "{tag}"', start)
            quoted = value is not None and value[:1] in {'"', "'"}
            found[name.lower()] = unescape(value[1:-1]) if quoted else (value or "").lower()
            self.pos = match.end()
        if self.pos >= len(self.source):
            raise self.fail("Unclosed start tag", start)
        self.pos += 1
        return found

    def end_tag(self, start: int) -> None:
        """Read `</tag>` and add its entity."""
        if not self.open:
            raise self.fail("Unexpected end tag", start)
        end = self.source.find(">", self.pos)
        if end < 0:
            raise self.fail("Unclosed end tag", start)
        name = self.source[self.pos + 1 : end].strip().lower()
        opened = self.open.pop()
        if name and name != opened.tag:
            byte = len(self.source[:start].encode("utf-8", "surrogatepass"))
            reason = f'Unmatched end tag at byte offset {byte}, expected "</{opened.tag}>"'
            raise self.fail(f'{reason}, found "</{name}>"')
        self.pos = end + 1
        if self.offset > opened.offset:
            self.close(opened)

    def close(self, opened: Open) -> None:
        """Add the entity of a tag that is complete and not empty."""
        entity: Json = {"offset": opened.offset, "length": self.offset - opened.offset}
        if opened.tag in SIMPLE:
            self.entities.append({"type": SIMPLE[opened.tag]} | entity)
        elif opened.tag == "a":
            url = opened.attributes.get("href") or "".join(self.out[opened.start :])
            self.entities.append({"type": "text_link"} | entity | {"url": url})
        elif opened.tag == "blockquote":
            kind = "expandable_blockquote" if "expandable" in opened.attributes else "blockquote"
            self.entities.append({"type": kind} | entity)
        elif opened.tag in {"code", "pre"}:
            self.close_code(opened, entity)
        elif opened.tag == "tg-emoji":
            self.close_emoji(opened, entity)
        else:
            self.entities.append({"type": "date_time"} | entity | _moment(opened.attributes))

    def close_code(self, opened: Open, entity: Json) -> None:
        """`<pre><code class="language-…">`, in either order, is one entity."""
        language = opened.attributes.get("class", "").removeprefix("language-")
        last = self.entities[-1] if self.entities else {}
        same = all(last.get(key) == entity[key] for key in ("offset", "length"))
        if opened.tag == "pre" and same and last.get("type") == "code":
            spoken = last.pop("language", "")
            last["type"] = "pre"
            if spoken:
                last["language"] = spoken
            return
        if opened.tag == "code" and same and last.get("type") == "pre":
            last |= {"language": language} if language else {}
            return
        self.entities.append(
            {"type": opened.tag} | entity | ({"language": language} if language else {})
        )

    def close_emoji(self, opened: Open, entity: Json) -> None:
        """`<tg-emoji emoji-id="…">`."""
        emoji = opened.attributes.get("emoji-id", "")
        if not emoji.isdigit() or int(emoji) == 0:
            raise self.fail("Invalid custom emoji identifier specified")
        self.entities.append({"type": "custom_emoji"} | entity | {"custom_emoji_id": emoji})


def _moment(attributes: dict[str, str]) -> Json:
    """`<tg-time unix="…" format="…">`."""
    unix = attributes.get("unix", "0")
    view: Json = {"unix_time": int(unix) if unix.isdigit() else 0}
    return view | ({"date_time_format": attributes["format"]} if "format" in attributes else {})


def parse(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of an HTML text."""
    text, entities = Parser(source).parse()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    return text, entities
