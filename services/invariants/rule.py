"""A rule: a name, a sentence for the operator, and a statement that selects what breaks it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True)
class Rule:
    """`broken` selects the offenders, which are `things`. If not `wrong`: only worth knowing."""

    name: str
    sentence: str
    things: str
    broken: Select[Any]
    wrong: bool = True
