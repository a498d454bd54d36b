"""Masking: no secret stands in what we write or show, however it is spelled there."""

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote

MASK = "***"


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Make a function that puts `***` where one of the secrets would stand."""
    return partial(_pattern(secrets).sub, MASK)


def _pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    """Match any of the secrets, however written; nothing, if there are none."""
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    longest_first = sorted(spellings, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)


def _spellings(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, in a URL, in JSON, in a repr."""
    if not secret:
        return set()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }
