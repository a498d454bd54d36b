"""The methods of the Bot API, a module a family; importing them registers them."""

from sandbox.methods import (
    bot,
    callbacks,
    chats,
    contents,
    copies,
    deletions,
    edits,
    files,
    reactions,
    texts,
    topics,
    updates,
)

__all__ = [
    "bot",
    "callbacks",
    "chats",
    "contents",
    "copies",
    "deletions",
    "edits",
    "files",
    "reactions",
    "texts",
    "topics",
    "updates",
]
