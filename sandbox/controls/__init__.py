"""The actions of the control API, a module a family; importing them registers them."""

from sandbox.controls import (
    chats,
    overview,
    people,
    process,
    recording,
    talking,
    trouble,
    watching,
)

__all__ = [
    "chats",
    "overview",
    "people",
    "process",
    "recording",
    "talking",
    "trouble",
    "watching",
]
