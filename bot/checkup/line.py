"""A line of a check-up: how something is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Advice is about what works, but could work better."""

    OK = "ok"
    ADVICE = "advice"
    WRONG = "wrong"


@dataclass(frozen=True)
class Line:
    """`about` names it for programs; `cure` is what to do, empty if there is nothing."""

    about: str
    level: Level
    said: str
    cure: str = ""


def ok(about: str, said: str) -> Line:
    return Line(about, Level.OK, said)


def advice(about: str, said: str, cure: str) -> Line:
    return Line(about, Level.ADVICE, said, cure)


def wrong(about: str, said: str, cure: str = "") -> Line:
    return Line(about, Level.WRONG, said, cure)
