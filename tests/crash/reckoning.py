"""What each person sees, held against what was written.

Every message carries a token: `q2.0013` is the 13th question of user 2, `a2.0007` the 7th answer
to him. Only this reckoning reads them; to the bot they are text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import override

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.models import Delivery, Direction, Message
from services.notices import AnswerPosted, CardPosted, QuestionPosted

TOKEN = re.compile(r"\b[qa]\d\.\d{4}\b")


def tokens(texts: Iterable[str]) -> list[str]:
    """Read the tokens, in the order in which they stand."""
    return [token for text in texts for token in TOKEN.findall(text)]


@dataclass
class Reckoning:
    """`duplicates` counts how often each token was seen after the first time."""

    sent: int = 0
    seen: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    duplicates: Counter[str] = field(default_factory=Counter)
    unannounced: Counter[str] = field(default_factory=Counter)

    def add(self, written: Sequence[str], shown: Sequence[str]) -> None:
        """Hold what one person sees from one ticket against what was written for him."""
        firsts = list(dict.fromkeys(shown))
        expected = set(written)
        self.sent += len(written)
        self.seen += len(expected & set(firsts))
        self.lost += [token for token in written if token not in firsts]
        self.wrong += [token for token in firsts if token not in expected]
        self.out_of_order += [late for early, late in pairwise(firsts) if late < early]
        self.duplicates.update({token: n - 1 for token, n in Counter(shown).items() if n > 1})

    def compare(self, announced: Counter[str]) -> None:
        """Note what was seen again more often than the log announced."""
        self.unannounced = self.duplicates - announced

    @override
    def __str__(self) -> str:
        """One line for people."""
        return (
            f"sent {self.sent} · seen {self.seen} · lost {len(self.lost)} · "
            f"wrong recipient {len(self.wrong)} · out of order {len(self.out_of_order)} · "
            f"duplicates {self.duplicates.total()}, "
            f"of them unannounced {self.unannounced.total()}"
        )


async def announced_tokens(
    sessions: async_sessionmaker[AsyncSession], announced: Iterable[int]
) -> Counter[str]:
    """Say of which tokens those deliveries were; a card's is its ticket's first question."""
    async with sessions() as session:
        deliveries = {one.id: one for one in await session.scalars(select(Delivery))}
        messages = {one.id: one for one in await session.scalars(select(Message))}
    first: dict[int, Message] = {}
    for message in sorted(messages.values(), key=lambda one: one.id):
        if message.direction is Direction.QUESTION:
            first.setdefault(message.ticket_id, message)
    found = Counter[str]()
    for number in announced:
        delivery = deliveries[number]
        if delivery.kind == CardPosted.kind:
            found.update(tokens([first[delivery.payload["ticket_id"]].text or ""]))
        elif delivery.kind in {QuestionPosted.kind, AnswerPosted.kind}:
            found.update(tokens([messages[delivery.payload["message_id"]].text or ""]))
    return found
