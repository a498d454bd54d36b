"""The tally: what each person sees, compared with what was written.

Every message has a token: `q2.0013` is the 13th question of user 2, `a2.0007` the 7th answer to
user 2, `c2.0000` the bot's message that this user's ticket is open, `k2.0000` a card of the ticket
that begins with question `q2.0000`, whatever it shows. Only tests read them; to the bot they are
text.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, override

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction
from services.notices import (
    AnswerPosted,
    CardPosted,
    CardRedrawn,
    CardRetired,
    QuestionEdited,
    QuestionPosted,
    TicketOpened,
)
from tests.proofs.crash.stored import Stored

TOKEN = re.compile(r"\b[qa]\d+\.\d{4}\b")
CONFIRMED = re.compile(r"^Ticket #(\d+)( · \d+ \w+)? is open\.")  # an older one names its day


def tokens(texts: Iterable[str]) -> list[str]:
    """List the tokens in these texts, in order."""
    return [token for text in texts for token in TOKEN.findall(text)]


def user_of(token: str) -> int:
    """Give the number of the user that a token belongs to."""
    return int(token[1:].partition(".")[0])


def confirmation(number: int) -> str:
    """Make the token of the bot's message that a user's ticket is open."""
    return f"c{number}.0000"


def shown_to(numbers: Sequence[int], texts: Iterable[str], known: list[str]) -> list[str]:
    """List the tokens that a person sees, confirmations included.

    `numbers` are the person's users, `known` the tickets confirmed so far, which grow: a
    confirmation doesn't say whose it is, so each new one counts for the next user.
    """
    found = []
    for text in texts:
        confirmed = CONFIRMED.match(text)
        if confirmed is None:
            found += tokens([text])
            continue
        if confirmed[1] not in known:
            known.append(confirmed[1])
        found += [confirmation(one) for one in numbers[known.index(confirmed[1]) :][:1]]
    return found


def card_token(first: str) -> str:
    """Make the token of a card, from that of the first question that is on its ticket now."""
    return f"k{first[1:]}" if first else ""


@dataclass
class Tally:
    """`duplicates` counts how often each token was seen again after the first time."""

    sent: int = 0
    seen: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    duplicates: Counter[str] = field(default_factory=Counter)
    unannounced: Counter[str] = field(default_factory=Counter)

    def add(self, written: Sequence[str], shown: Sequence[str]) -> None:
        """Compare what one person sees of one number with what was written under it."""
        firsts = list(dict.fromkeys(shown))
        expected = set(written)
        self.sent += len(written)
        self.seen += len(expected & set(firsts))
        self.lost += [token for token in written if token not in firsts]
        self.wrong += [token for token in firsts if token not in expected]

    def count(self, shown: Iterable[str]) -> None:
        """Count what was shown more than once; a card counts as a card, whatever it shows."""
        self.duplicates.update({token: n - 1 for token, n in Counter(shown).items() if n > 1})

    def follow(self, chain: Sequence[str], came: Iterable[str], kept: Collection[str]) -> None:
        """Check that what was written on one ticket came in this order.

        What was `kept` may come late: only once somebody has chosen its ticket.
        """
        places = {token: place for place, token in enumerate(came)}
        seen = [token for token in chain if token in places and token not in kept]
        self.out_of_order += [
            late for early, late in pairwise(seen) if places[late] < places[early]
        ]

    def compare(
        self,
        announced: Counter[str],
        intended: Counter[str],
        same: Mapping[str, str] | None = None,
    ) -> None:
        """Find the duplicates that the log did not announce.

        `intended` are no duplicates: a ticket's later cards. `same` says which tokens count as
        which other ones.
        """
        self.duplicates = _counted_as(self.duplicates, same or {}) - intended
        self.unannounced = self.duplicates - announced

    def merge(self, other: "Tally") -> None:
        """Add the tally of another run."""
        self.sent += other.sent
        self.seen += other.seen
        self.lost += other.lost
        self.wrong += other.wrong
        self.out_of_order += other.out_of_order
        self.duplicates += other.duplicates
        self.unannounced += other.unannounced

    @property
    def broken(self) -> list[str]:
        """List the promises that did not hold."""
        found: dict[str, Iterable[Any]] = {
            "lost": self.lost,
            "wrong recipient": self.wrong,
            "out of order": self.out_of_order,
            "duplicates nobody announced": sorted(self.unannounced),
        }
        return [f"{what}: {', '.join(which)}" for what, which in found.items() if which]

    @override
    def __str__(self) -> str:
        """Sum it up in a line."""
        return (
            f"sent {self.sent} · seen {self.seen} · lost {len(self.lost)} · "
            f"wrong recipient {len(self.wrong)} · out of order {len(self.out_of_order)} · "
            f"duplicates {self.duplicates.total()}, "
            f"of them unannounced {self.unannounced.total()}"
        )


def announced_tokens(
    stored: Stored, announced: Iterable[int], *, threads: bool = False
) -> Counter[str]:
    """List the tokens of announced deliveries; for a card, that of its ticket's first question.

    With `threads`, what was sent may have been the card that goes to a thread before the delivery.
    """
    found = Counter[str]()
    for number in announced:
        delivery = stored.deliveries.get(number)
        if delivery is None:  # it was for the eyes only, and is forgotten by now
            continue
        if threads and delivery.ticket_id is not None and delivery.chat_id < 0:
            found.update([card_token(_question(stored, delivery.ticket_id))])
        if delivery.kind == CardPosted.kind:
            found.update([card_token(_question(stored, delivery.payload["ticket_id"]))])
        elif delivery.kind == TicketOpened.kind:
            asked = _question(stored, delivery.payload["ticket_id"])
            found.update([confirmation(user_of(asked))] if asked else [])
        elif delivery.kind in {QuestionPosted.kind, AnswerPosted.kind}:
            message = stored.messages[delivery.payload["message_id"]]
            found.update(tokens([message.text or ""]))
    return found


def later_cards(stored: Stored, sent_anew: Iterable[int] = ()) -> Counter[str]:
    """Count the cards of each ticket but its first, as tokens.

    `sent_anew` are the deliveries that, as the log says, were sent instead of edited: cards, and
    what stood in a thread that people have deleted.
    """
    cards = Counter(
        card_token(_question(stored, delivery.payload["ticket_id"]))
        for delivery in stored.deliveries.values()
        if delivery.kind == CardPosted.kind and delivery.status is DeliveryStatus.DELIVERED
    )
    redrawn = [stored.deliveries[number] for number in sent_anew if number in stored.deliveries]
    return (
        cards
        - Counter(cards.keys())
        + Counter(
            card_token(_question(stored, delivery.payload["ticket_id"]))
            for delivery in redrawn
            if delivery.kind == CardRedrawn.kind
        )
        + Counter(token for delivery in redrawn for token in _shown_again(stored, delivery))
    )


def _shown_again(stored: Stored, delivery: Delivery) -> list[str]:
    """List what an edit may have shown once more; of an older card the log does not say what."""
    messages = [
        message
        for message in stored.messages.values()
        if message.direction is Direction.QUESTION
        if (delivery.kind == CardRetired.kind and message.ticket_id == delivery.ticket_id)
        or (delivery.kind == QuestionEdited.kind and message.id == delivery.payload["message_id"])
    ]
    return tokens(message.text or "" for message in messages)


def _question(stored: Stored, ticket_id: int) -> str:
    """Find the token of a ticket's first question; empty if the traffic did not write it.

    That of a merged ticket is the first one of the ticket that has all it had.
    """
    holder = stored.tickets[ticket_id].merged_into_id or ticket_id
    first = next(
        message
        for message in stored.messages.values()
        if message.ticket_id == holder and message.direction is Direction.QUESTION
    )
    return next(iter(tokens([first.text or ""])), "")


def _counted_as(counts: Counter[str], same: Mapping[str, str]) -> Counter[str]:
    found = Counter[str]()
    for token, number in counts.items():
        found[same.get(token, token)] += number
    return found
