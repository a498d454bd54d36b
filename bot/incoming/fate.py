"""What became of updates that were to be handled in one transaction."""

from enum import Enum


class Fate(Enum):
    """Handled, refused and set aside are all the same to Telegram: it may forget the update."""

    COMMITTED = "the database has them, so Telegram may forget them"
    SPLIT = "nothing was done: they cannot be handled together, and are to be handled by halves"
    STOPPED = "nothing was done: the program stops before they could be handled"
