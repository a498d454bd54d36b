"""The languages the bot speaks: a folder of `bot/locales` each, named by its two-letter code."""

from pathlib import Path

from core.values import PROJECT

FOLDER = PROJECT / "bot" / "locales"


def found(folder: Path) -> tuple[str, ...]:
    """Find the languages by the file that each has: git leaves empty folders behind."""
    return tuple(sorted(file.parent.name for file in folder.glob("*/partings.txt")))


def listed(codes: tuple[str, ...]) -> str:
    """List them for an operator: `en, es or ru`."""
    *others, last = codes
    return f"{', '.join(others)} or {last}"


def known(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError("is none of these")
    return code


LANGUAGES = found(FOLDER)
