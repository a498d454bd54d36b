"""The queue of one turn: what may go, in the order of the shares."""

from collections import defaultdict, deque
from collections.abc import Iterable

from services.delivery.decisions import Claimed, Decision, Later, Nothing, Room
from services.delivery.rings import Head, Place
from services.delivery.shares import Division


class Queue:
    """What may go now, each with its staff chat, or 0; in order within a class."""

    def __init__(self, heads: Iterable[tuple[int, Head]], division: Division) -> None:
        self.served: set[Place] = set()
        self._division = division
        self._waiting: defaultdict[int, dict[int, deque[Head]]] = defaultdict(dict)
        for owner, head in heads:
            self._waiting[owner].setdefault(head.found_as, deque()).append(head)

    def first(self) -> tuple[int, Head] | None:
        """Tell what goes next, with its staff chat; None if nothing is left."""
        while waiting := {owner: its for owner, its in self._waiting.items() if its}:
            owner, which = self._division.first(waiting)
            head = self._waiting[owner][which][0]
            if head.place not in self.served:  # found as two classes
                return owner, head
            self._drop(owner, head)
        return None

    def note(self, owner: int, head: Head, decision: Decision) -> None:
        """Record what was decided about the first, and move on.

        What goes is charged, and nothing more of its lane goes. What finds no room is passed over
        with all that is for the same staff chat, which has none for them either.
        """
        if isinstance(decision, Claimed):
            self._division.charge(owner, head.found_as, decision.parcel.cost)
            self.served.add(head.place)
        if owner and isinstance(decision, Later | Room | Nothing):
            del self._waiting[owner]
        else:
            self._drop(owner, head)

    def _drop(self, owner: int, head: Head) -> None:
        heads = self._waiting[owner][head.found_as]
        heads.popleft()
        if not heads:
            del self._waiting[owner][head.found_as]
