"""Finds misspelt settings in the environment and in `.env`, which would otherwise be ignored.

Every name in `.env` is ours or Docker's, so one that resembles a setting is an error, and any other
is worth a warning. The environment belongs to everybody: there a name counts as ours only if it is
one letter away from a setting that is not set.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import override

# How alike names in `.env` must be (difflib's ratio): two letters of twelve may differ.
ALIKE = 0.8

# Names, or beginnings of names, that Docker Compose reads from `.env`.
OF_COMPOSE = ("POSTGRES_PASSWORD", "COMPOSE_", "DOCKER_")


@dataclass(frozen=True)
class Stray:
    """A name that is no setting, and the setting that is probably meant, if any."""

    name: str
    place: str
    meant: str | None

    @override
    def __str__(self) -> str:
        question = f" Did you mean {self.meant}?" if self.meant else ""
        return f"{self.name} in {self.place} is not a setting of the bot.{question}"


def in_file(names: Iterable[str], settings: Collection[str], place: str) -> Iterator[Stray]:
    """Find the names in our file that are no settings."""
    for name in names:
        if name not in settings and not name.startswith(OF_COMPOSE):
            alike = difflib.get_close_matches(name, settings, n=1, cutoff=ALIKE)
            yield Stray(name, place, alike[0] if alike else None)


def in_environment(names: Collection[str], settings: Collection[str]) -> Iterator[Stray]:
    """Find the names that must be misspelt, as the setting itself is not set."""
    unset = [setting for setting in settings if setting not in names]
    for name in names:
        if name not in settings:
            meant = next((setting for setting in unset if one_off(name, setting)), None)
            if meant is not None:
                yield Stray(name, "the environment", meant)


def one_off(typed: str, meant: str) -> bool:
    """Whether one letter is missing, added or wrong, or two neighbours are swapped."""
    pairs = enumerate(zip(typed, meant, strict=False))
    here = next((i for i, (one, other) in pairs if one != other), min(len(typed), len(meant)))
    rest, expected = typed[here:], meant[here:]
    swapped = rest[1::-1] + rest[2:]
    return rest[1:] in {expected, expected[1:]} or expected[1:] == rest or expected == swapped
