"""Tells thanks and goodbyes from questions: they do not reopen a closed ticket.

Each language brings its own phrases, beside its sentences (`bot/locales/*/partings.txt`).
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import NamedTuple

from bot import i18n

# The longest text that can be a goodbye, in characters.
_LONGEST = 200

_ASKING = re.compile("[?\uff1f\u061f]")
_SIGNS = re.compile("[🙏❤💙💚💛🤝👍👌😊☺🙂🎉💯👋]")
_WORDS = re.compile(r"[\w']+")

type Phrase = tuple[str, ...]


class Partings(NamedTuple):
    """A language's phrases: goodbyes and thanks, all that may go with one, and bare consent."""

    parting: frozenset[Phrase]
    allowed: frozenset[Phrase]
    consent: frozenset[Phrase]


def only_parts(text: str | None) -> bool:
    """Whether `text` only says thanks, goodbye or "ok", in words or with an emoji.

    Text with a question mark is always a question.
    """
    if not text or len(text) > _LONGEST or _ASKING.search(text):
        return False
    words = _words(text)
    if not words:
        return bool(_SIGNS.search(text))
    languages = [partings_of(language) for language in i18n.LANGUAGES]
    return any(
        _parts(words, said.parting, said.allowed) or _parts(words, said.consent, said.consent)
        for said in languages
    )


@cache
def partings_of(language: str) -> Partings:
    """Read a language's phrases."""
    lists: list[frozenset[Phrase]] = []
    for paragraph in i18n.partings_file(language).read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in paragraph.splitlines() if not line.startswith("#")]
        lists.append(frozenset(tuple(_words(one)) for one in ",".join(lines).split(",")))
    parting, around, consent = lists
    return Partings(parting, parting | around | consent, consent)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text.replace("\u2019", "'"))]


def _parts(
    words: Sequence[str], parting: AbstractSet[Phrase], allowed: AbstractSet[Phrase]
) -> bool:
    """Whether the words are a row of allowed phrases, one of which is a goodbye or thanks."""
    longest = max(map(len, allowed))
    reached = {(0, False)}  # how many words are read, and whether a goodbye was among them
    for start in range(len(words)):
        for read, parts in [one for one in reached if one[0] == start]:
            for end in range(read + 1, min(read + longest, len(words)) + 1):
                phrase = tuple(words[read:end])
                if phrase in allowed:
                    reached.add((end, parts or phrase in parting))
    return (len(words), True) in reached
