"""The actions of the control API, a module a family.

They register themselves when they are imported, so import `ACTIONS` from here: then all are in it.
"""

from sandbox.actions import ACTIONS
from sandbox.controls import (
    chats,
    overview,
    people,
    process,
    recording,
    talking,
    topics,
    trouble,
    watching,
)

__all__ = [
    "ACTIONS",
    "chats",
    "overview",
    "people",
    "process",
    "recording",
    "talking",
    "topics",
    "trouble",
    "watching",
]
