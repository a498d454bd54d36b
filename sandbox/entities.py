"""Formatting: what the bot asked for (a parse mode or explicit entities) and what is found.

Sources: https://core.telegram.org/bots/api#formatting-options and #messageentity; checks and
error texts from fix_entities and get_message_entities in tdlib/td.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox import html, markdown, units
from sandbox.errors import bad_request
from sandbox.model import Json, Person
from sandbox.params import Params
from sandbox.words import words

# Entities that a sender may set; Telegram finds the others in the text itself.
STYLES = frozenset(
    words(
        "bold italic underline strikethrough spoiler blockquote expandable_blockquote code pre "
        "text_link text_mention custom_emoji date_time"
    )
)
FOUND = frozenset(words("mention hashtag cashtag bot_command url email phone_number"))
# Inside these nothing is searched for.
SOLID = frozenset(words("code pre text_link text_mention custom_emoji mention url"))
# What a date_time entity may show: https://core.telegram.org/bots/api#date-time-entity-formatting.
FORMATS = re.compile(r"r|w?[dD]?[tT]?")
# “… 0-4096 characters after entities parsing”; entities past the hundredth are ignored
# (https://core.telegram.org/api/entities).
MOST_ENTITIES = 100

_PATTERNS = (
    ("url", re.compile(r"(?<![\w@])(?:https?://[^\s<>\"]+[^\s<>\".,!?:;)]|t\.me/\w+)")),
    ("email", re.compile(r"(?<![\w.@])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}")),
    ("mention", re.compile(r"(?<![\w@/])@[a-zA-Z][a-zA-Z0-9_]{3,31}(?![\w@])")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\d*[^\W\d])\w{1,255}")),
    # match_bot_commands of tdlib: not beside a word, a slash, `<` or `>`.
    (
        "bot_command",
        re.compile(r"(?<![\w/@<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z]\w{2,31})?(?![\w/@<>])"),
    ),
)
_INTERESTING = re.compile(r"[@#/.]")


def find(text: str, taken: list[Json]) -> list[Json]:
    """Links, addresses, mentions, hashtags and commands outside the entities in `taken`."""
    found: list[Json] = []
    if not _INTERESTING.search(text):
        return found
    busy = [entity for entity in taken if entity["type"] in SOLID]
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start = units.length(text[: match.start()])
            entity: Json = {"type": kind, "offset": start, "length": units.length(match[0])}
            if not any(_overlap(entity, other) for other in busy):
                found.append(entity)
                busy.append(entity)
    return found


def _overlap(one: Json, other: Json) -> bool:
    first, second = (one, other) if one["offset"] <= other["offset"] else (other, one)
    return bool(first["offset"] + first["length"] > second["offset"])


def arrange(text: str, styles: list[Json]) -> list[Json]:
    """All entities of a text in Telegram's order: by start, longer ones first."""
    every = [*styles, *find(text, styles)]
    return sorted(every, key=lambda entity: (entity["offset"], -entity["length"]))[:MOST_ENTITIES]


def check(text: str, given: object) -> list[Json]:
    """Check explicit entities: known types, within the text, not splitting a surrogate pair."""
    if not isinstance(given, list):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    raw = text.encode("utf-16-le", "surrogatepass")
    checked = [_one(entity, len(raw) // 2) for entity in given]
    for entity in checked:
        for at, word in ((entity["offset"], "begins"), (_end(entity), "ends")):
            if 0xDC00 <= int.from_bytes(raw[2 * at : 2 * at + 2], "little") <= 0xDFFF:  # noqa: PLR2004
                byte = len(units.piece(text, 0, at - 1).encode())
                raise bad_request(
                    f"entity {word} in a middle of a UTF-16 symbol at byte offset {byte}"
                )
    return [entity for entity in checked if entity["type"] in STYLES and entity["length"]]


def _end(entity: Json) -> int:
    return int(entity["offset"] + entity["length"])


def _one(entity: object, end: int) -> Json:
    if not isinstance(entity, dict):
        raise bad_request("can't parse entities: expected an Object")
    kind, offset, size = (entity.get(key) for key in ("type", "offset", "length"))
    if not isinstance(offset, int) or not isinstance(size, int):
        raise bad_request("can't parse entities: Field must be of type Number")
    if kind not in STYLES | FOUND:
        raise bad_request("can't parse entities: unsupported type of MessageEntity specified")
    if offset < 0 or offset > end:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {end}")
    if size < 0 or offset + size > end:
        where = f"entity beginning at UTF-16 offset {offset}"
        raise bad_request(f"{where} ends after the end of the text at UTF-16 offset {end}")
    if kind == "date_time":
        _check_time(entity)
    return dict(entity)


def _check_time(entity: Json) -> None:
    """“For “date_time” only”: a Unix time, and perhaps how it is shown (#messageentity)."""
    unix_time, view = entity.get("unix_time"), entity.get("date_time_format", "")
    if not isinstance(unix_time, int) or not 0 < unix_time < 2**31:
        raise bad_request('can\'t parse entities: field "unix_time" must be a valid Unix time')
    if not isinstance(view, str) or not FORMATS.fullmatch(view):
        raise bad_request("can't parse entities: invalid date and time format specified")


def _parsed(source: str, mode: str) -> tuple[str, list[Json]]:
    parsers = {"html": html.parse, "markdownv2": markdown.parse, "markdown": markdown.parse_old}
    parser = parsers.get(mode.lower())
    if parser is None:
        raise bad_request("unsupported parse_mode")
    return parser(source)


def _resolve(entity: Json, person: Callable[[int], Person | None]) -> Json | None:
    """Links to people become mentions; what a bot may not use is dropped silently.

    “custom_emoji: … can only be used by bots that purchased additional usernames on Fragment”
    (#formatting-options); a mention of someone the bot never met is plain text.
    """
    if entity["type"] == "custom_emoji":
        return None
    asked = None
    if entity["type"] == "text_mention":
        asked = (entity.get("user") or {}).get("id")
    elif entity["type"] == "text_link":
        link = re.fullmatch(r"tg://user\?id=(\d+)", str(entity.get("url", "")))
        asked = int(link[1]) if link else None
        if asked is None:
            return entity if entity.get("url") else None
    if asked is None:
        return entity
    known = person(int(asked))
    place = {key: entity[key] for key in ("offset", "length")}
    return {"type": "text_mention"} | place | {"user": known.json()} if known else None


def read(
    params: Params, name: str, person: Callable[[int], Person | None], prefix: str = ""
) -> tuple[str, list[Json]]:
    """The text in parameter `name` with its formatting, cleaned and complete."""
    source = params.text(name)
    if not units.valid(source):
        raise bad_request("strings must be encoded in UTF-8")
    mode = params.text(f"{prefix}parse_mode")
    explicit = f"{prefix}entities" if name == "text" or prefix else "caption_entities"
    if mode and mode.lower() != "none":
        text, styles = _parsed(source, mode)
    else:
        text = source
        given = params.json(explicit, "entities")
        styles = check(text, given) if given is not None else []
    resolved = [done for entity in styles if (done := _resolve(entity, person))]
    text, resolved = units.clean(text, resolved)
    return text, arrange(text, resolved)


def of_user(text: str, styles: list[Json] | None = None) -> tuple[str, list[Json]]:
    """The same for a text that a person typed in an app."""
    return text, arrange(text, styles or [])
