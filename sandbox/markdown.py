"""parse_mode=MarkdownV2 and the old Markdown.

https://core.telegram.org/bots/api#markdownv2-style and #markdown-style; the words of the
errors are those of parse_markdown_v2 and parse_markdown in tdlib/td.
"""

from __future__ import annotations

import re

from sandbox import units
from sandbox.errors import ApiError, bad_request
from sandbox.model import Json

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
MARKS = {
    "*": ("bold", "Bold"),
    "_": ("italic", "Italic"),
    "__": ("underline", "Underline"),
    "~": ("strikethrough", "Strikethrough"),
    "||": ("spoiler", "Spoiler"),
}
_MARK = re.compile(r"__|\|\||[*_~]")
_LINK = re.compile(r"\]\(((?:\\.|[^)\\])*)\)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE_BLOCK = re.compile(r"```(?:([^\s`]+)\n|\n)?((?:\\.|[^\\])*?)```", re.DOTALL)
_CODE = re.compile(r"`((?:\\.|[^`\\])*)`", re.DOTALL)


class Parser:
    """One text on its way from MarkdownV2 to plain text and entities."""

    def __init__(self, source: str) -> None:
        """Begin at the first character."""
        self.source = source
        self.pos = 0
        self.out: list[str] = []
        self.offset = 0
        self.open: list[tuple[str, int, int]] = []
        self.entities: list[Json] = []
        self.quote: int | None = None

    def byte(self, at: int) -> int:
        """The offset of `at` in bytes of UTF-8."""
        return len(self.source[:at].encode())

    def fail(self, text: str) -> ApiError:
        """The error that Telegram would answer."""
        return bad_request(f"can't parse entities: {text}")

    def write(self, text: str) -> None:
        """Append plain text."""
        self.out.append(text)
        self.offset += units.length(text)

    def add(self, kind: str, start: int, **more: object) -> None:
        """Add an entity that ends here."""
        if self.offset > start:
            place = {"offset": start, "length": self.offset - start}
            self.entities.append({"type": kind} | place | more)

    def parse(self) -> tuple[str, list[Json]]:
        """The plain text and its entities."""
        while self.pos < len(self.source):
            self.step()
        self.end_quote()
        if self.open:
            mark, _, at = self.open[-1]
            name = "TextUrl" if mark == "[" else MARKS[mark][1]
            raise self.fail(f"Can't find end of {name} entity at byte offset {self.byte(at)}")
        return "".join(self.out), self.entities

    def step(self) -> None:
        """Read one character or mark."""
        char = self.source[self.pos]
        following = self.source[self.pos + 1 : self.pos + 2]
        if char == "\\" and following and ord(following) < 127:  # noqa: PLR2004
            self.write(following)
            self.pos += 2
        elif char == "`":
            self.code()
        elif mark := _MARK.match(self.source, self.pos):
            self.mark(mark[0])
        elif char in "[]" or (char == "!" and following == "["):
            self.link(char)
        elif char == ">" and self.at_line_start():
            self.quote = self.offset if self.quote is None else self.quote
            self.pos += 1
        elif char in RESERVED:
            reason = "is reserved and must be escaped with the preceding '\\'"
            raise self.fail(f"Character '{char}' {reason}")
        else:
            self.write(char)
            self.pos += 1
            if char == "\n" and not self.source.startswith(">", self.pos):
                self.end_quote(keep_line=True)

    def at_line_start(self) -> bool:
        """Whether a quotation may begin here."""
        return self.pos == 0 or self.source[self.pos - 1] == "\n"

    def end_quote(self, *, keep_line: bool = False) -> None:
        """Close the quotation, if one is open."""
        if self.quote is not None:
            size = self.offset - self.quote - int(keep_line)
            if size > 0:
                place = {"offset": self.quote, "length": size}
                self.entities.append({"type": "blockquote"} | place)
            self.quote = None

    def mark(self, mark: str) -> None:
        """Begin or end bold, italic, underline, strikethrough or spoiler."""
        if self.open and self.open[-1][0] == mark:
            _, start, _ = self.open.pop()
            self.add(MARKS[mark][0], start)
        elif mark == "__" and self.open and self.open[-1][0] == "_":
            # “__ is always greedily treated from left to right as beginning or end of an
            # underline entity” unless italic must end first.
            self.pos -= 1
            _, start, _ = self.open.pop()
            self.add("italic", start)
        else:
            self.open.append((mark, self.offset, self.pos))
        self.pos += len(mark)

    def code(self) -> None:
        """Read `code` or a block of it."""
        block = self.source.startswith("```", self.pos)
        match = (_CODE_BLOCK if block else _CODE).match(self.source, self.pos)
        if match is None:
            name = "PreCode" if block else "Code"
            raise self.fail(f"Can't find end of {name} entity at byte offset {self.byte(self.pos)}")
        start = self.offset
        self.write(_ESCAPE.sub(r"\1", match[2] if block else match[1]))
        language = match[1] if block else None
        self.add("pre" if block else "code", start, **({"language": language} if language else {}))
        self.pos = match.end()

    def link(self, char: str) -> None:
        """Read `[`, `![` or `](address)`."""
        if char != "]":
            self.open.append(("[", self.offset, self.pos))
            self.pos += 1 + (char == "!")
            return
        if not self.open or self.open[-1][0] != "[":
            reason = "is reserved and must be escaped with the preceding '\\'"
            raise self.fail(f"Character ']' {reason}")
        match = _LINK.match(self.source, self.pos)
        _, start, _ = self.open.pop()
        if match is not None:
            url = _ESCAPE.sub(r"\1", match[1])
            emoji = re.fullmatch(r"tg://emoji\?id=(\d+)", url)
            if emoji:
                self.add("custom_emoji", start, custom_emoji_id=emoji[1])
            elif url:
                self.add("text_link", start, url=url)
        self.pos = match.end() if match else self.pos + 1


def parse(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of a MarkdownV2 text."""
    return Parser(source).parse()


_OLD = re.compile(
    r"\\([_*`\[])|```(?:(\w+)\n)?(.*?)```|`([^`]*)`|\*([^*]*)\*|_([^_]*)_|\[([^\]]*)\]\(([^)]*)\)"
    r"|([_*`\[])",
    re.DOTALL,
)


def parse_old(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of a text in the old Markdown (no nesting)."""
    out, entities, position = "", [], 0
    for match in _OLD.finditer(source):
        out += source[position : match.start()]
        position = match.end()
        escaped, language, block, code, bold, italic, label, url, stray = match.groups()
        if stray:
            at = len(source[: match.start()].encode())
            reason = f"Can't find end of the entity starting at byte offset {at}"
            raise bad_request(f"can't parse entities: {reason}")
        kinds = {"pre": block, "code": code, "bold": bold, "italic": italic, "text_link": label}
        kind = next((name for name, value in kinds.items() if value), None)
        words = escaped or (kinds[kind] if kind else "")
        if kind and words:
            entity: Json = {"type": kind, "offset": units.length(out)}
            entity["length"] = units.length(words)
            more = {"url": url} if label else {"language": language} if language else {}
            entities.append(entity | more)
        out += words or ""
    return out + source[position:], entities
