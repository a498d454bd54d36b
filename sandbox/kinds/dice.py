"""Dice: https://core.telegram.org/bots/api#dice."""

from __future__ import annotations

import random

from sandbox.errors import bad_request
from sandbox.model import Json

DEFAULT = "🎲"
FACES = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}


def roll(rng: random.Random, emoji: str) -> Json:
    """A new value each time; even a copy is rolled again."""
    faces = FACES.get(emoji)
    if faces is None:
        raise bad_request("invalid dice emoji specified")
    return {"emoji": emoji, "value": rng.randint(1, faces)}
