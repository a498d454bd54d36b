"""The methods of the Bot API, a module a family.

They register themselves when they are imported, so import `METHODS` from here: then all are in it.
"""

from sandbox.methods import (
    bot,
    callbacks,
    chats,
    contents,
    copies,
    deletions,
    edits,
    ephemeral,
    files,
    general,
    moderation,
    pins,
    places,
    polls,
    profile,
    reactions,
    texts,
    topics,
    updates,
)
from sandbox.registry import METHODS

__all__ = [
    "METHODS",
    "bot",
    "callbacks",
    "chats",
    "contents",
    "copies",
    "deletions",
    "edits",
    "ephemeral",
    "files",
    "general",
    "moderation",
    "pins",
    "places",
    "polls",
    "profile",
    "reactions",
    "texts",
    "topics",
    "updates",
]
