"""Masks secrets in whatever we write or show, however they are encoded there."""

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote

MASK = "***"


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Make a function that replaces each of the secrets by `***`."""
    return partial(_pattern(secrets).sub, MASK)


def _pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    """Match any of the secrets, however encoded; if there are none, match nothing."""
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    longest_first = sorted(spellings, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)


def _spellings(secret: str) -> set[str]:
    """Return the forms that a secret takes: as it is, in a URL, in JSON, in a repr."""
    if not secret:
        return set()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }
