"""Lines: which messages belong on one ticket, and in which order they have to be seen.

Each line begins with a ticket of its own, and has a number, under which its tokens are written.
Staff make two lines of a person one, or the later part of a line a new one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

# What has to be seen in this order.
type Chain = list[str]


@dataclass(eq=False)
class Line:
    """What one person and staff say on one ticket, in the order in which it was written.

    `ticket` is its number, such as `#7`, once staff know it, and `tickets` are those of all that it
    was made of. `openings` are the first questions of
    all the tickets that it was made of. While it is `quiet`, staff write nothing on it unasked;
    while it is `held`, its person writes nothing on it either.
    """

    number: int
    person: int
    ticket: str = ""
    tickets: list[str] = field(default_factory=list)
    openings: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    asked: list[Chain] = field(default_factory=lambda: [[]])
    answered: list[Chain] = field(default_factory=lambda: [[]])
    quiet: bool = False
    held: bool = False


class Lines:
    """All lines of a scene."""

    def __init__(self) -> None:
        self._of_number: dict[int, Line] = {}
        self._of_token: dict[str, Line] = {}
        self._written = count()
        self._place: dict[str, int] = {}

    def opens(self, number: int, person: int) -> None:
        """Have a person open a ticket with the first question of this number."""
        self._of_number[number] = Line(number, person)

    def of_number(self, number: int) -> Line:
        """Find the line on which is what was ever written under this number, unless split off."""
        return self._of_number[number]

    def of(self, token: str) -> Line:
        """Find the line on which a question belongs now."""
        return self._of_token[token]

    def of_person(self, person: int) -> list[Line]:
        """List a person's lines."""
        return [line for line in self if line.person == person]

    def __iter__(self) -> Iterator[Line]:
        """Go through the lines that there are now."""
        return iter(dict.fromkeys(self._of_number.values()))

    def asks(self, number: int, token: str) -> None:
        """Add a question to a line."""
        line = self._of_number[number]
        if not line.questions:
            line.openings.append(token)
        self._of_token[token] = line
        self._place[token] = next(self._written)
        for chain in (line.questions, *line.asked):
            chain.append(token)

    def answers(self, number: int, token: str) -> None:
        """Add an answer to a line."""
        line = self._of_number[number]
        for chain in (line.answers, *line.answered):
            chain.append(token)

    def takes_back(self, number: int, token: str) -> None:
        """Remove an answer that the bot refused."""
        line = self._of_number[number]
        for chain in (line.answers, *line.answered):
            if token in chain:
                chain.remove(token)

    def merge(self, survivor: Line, other: Line) -> None:
        """Make two lines one: what is written from now on comes behind what both have."""
        survivor.openings = self._in_order(survivor.openings + other.openings)
        survivor.questions = self._in_order(survivor.questions + other.questions)
        survivor.answers += other.answers
        survivor.tickets += other.tickets
        survivor.asked += other.asked
        survivor.answered += other.answered
        numbers = [number for number, line in self._of_number.items() if line is other]
        self._of_number.update(dict.fromkeys(numbers, survivor))
        self._of_token.update(dict.fromkeys(other.questions, survivor))

    def may_split(self, token: str) -> bool:
        """Whether all the questions that opened a ticket of this line come before this one."""
        return self._place[token] > max(self._place[one] for one in self.of(token).openings)

    def split(self, token: str, number: int) -> Line:
        """Make a line of the question and all later ones of its line."""
        old = self.of(token)
        new = Line(number, old.person, openings=[token])
        begins = self._place[token]
        old.questions, new.questions = self._parts(old.questions, begins)
        parts = [self._parts(chain, begins) for chain in old.asked]
        old.asked, new.asked = [early for early, _ in parts], [late for _, late in parts]
        self._of_number[number] = new
        self._of_token.update(dict.fromkeys(new.questions, new))
        return new

    def first(self, tokens: Iterable[str]) -> str:
        """Find the question that was written first."""
        return min(tokens, key=self._place.__getitem__)

    def on_card(self, ticket: str, token: str) -> Line:
        """Find the line of a card, by the number on it; what it showed may be elsewhere by now.

        A line without a number yet is that of a new ticket, whose number another day may have had.
        """
        shown = self.of(token)
        named = [line for line in self if ticket in line.tickets]
        return shown if shown in named or not named or not shown.tickets else named[0]

    def same(self) -> dict[str, str]:
        """Say which confirmation counts as which: the ticket of the one may be merged since."""
        return {
            _confirmed(other): _confirmed(line.openings[0])
            for line in self
            for other in line.openings[1:]
        }

    def chains(self) -> Iterator[Chain]:
        """Go through everything that has to be seen in order."""
        for line in self:
            yield from line.asked
            yield from line.answered

    def _in_order(self, tokens: list[str]) -> list[str]:
        return sorted(tokens, key=self._place.__getitem__)

    def _parts(self, chain: Chain, begins: int) -> tuple[Chain, Chain]:
        early = [token for token in chain if self._place[token] < begins]
        return early, chain[len(early) :]


def _confirmed(opening: str) -> str:
    return "c" + opening.partition(".")[0][1:] + ".0000"
