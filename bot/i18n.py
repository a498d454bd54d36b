"""Translates sentences: English is in the code, other languages are in `bot/locales`.

Catalogues are read from their `.po` files at first use, so nothing has to be compiled.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core import languages

LANGUAGES = languages.LANGUAGES
DEFAULT = "en"

_spoken = ContextVar("language", default=DEFAULT)


def choose(tag: str | None) -> str:
    """Choose the language for an IETF tag as Telegram gives it: `pt-br`, `ru`, or nothing."""
    primary = (tag or "").partition("-")[0].lower()
    return primary if primary in LANGUAGES else DEFAULT


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Make all sentences within this block in `language` (one of LANGUAGES)."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """Give the language of the current block."""
    return _spoken.get()


def gettext(message: str) -> str:
    """Translate a sentence."""
    return _catalogue(spoken()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate a sentence with a number."""
    return _catalogue(spoken()).ngettext(singular, plural, number)


def catalogue_file(language: str) -> Path:
    """Give the path of a language's catalogue."""
    return languages.FOLDER / language / "LC_MESSAGES" / "messages.po"


def partings_file(language: str) -> Path:
    """Give the path of a language's thanks and goodbyes."""
    return languages.FOLDER / language / "partings.txt"


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == DEFAULT:
        return NullTranslations()
    with catalogue_file(language).open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
