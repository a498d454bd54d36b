"""What goes wrong, an operation each: deaths, faults, outages, moves."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.faults import Fault
from tests.proofs.simulation.plan import SENDS
from tests.proofs.simulation.telegram import NEVER_LEFT

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation


class Troubles:
    """Makes the troubles of one run; each method is the operation of its name."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self.agenda = simulation.agenda
        self.telegram = simulation.telegram
        self.people = simulation.people
        self.store = simulation.store

    def die(self, turns: int, down: float) -> bool:
        if self.simulation.process is None:
            return False
        self.simulation.process.kill(turns)
        self._back_in(down)
        return True

    def stop(self, down: float, **_: Any) -> bool:
        if self.simulation.process is None:
            return False
        self.simulation.process.stop()
        self._back_in(down)
        return True

    def choose(self, down: float, turns: int) -> bool:
        """Have the operator choose another main staff chat; that takes a restart."""
        if self.simulation.process is None or len(self.people.groups) > 1:
            return False
        self.simulation.process.kill(turns)
        self._when_dead(self.simulation.choose_another)
        self._back_in(down)
        return True

    def save(self) -> bool:
        if self.store.raw.in_transaction:
            return False
        self.store.save()
        return True

    def restore(self, turns: int, down: float) -> bool:
        """Kill the bot and restore the backup, or without one, the empty database of the start."""
        if self.simulation.process is None:
            return False
        self.simulation.process.kill(turns)
        self._when_dead(self._put_back)
        self._back_in(down)
        return True

    def _put_back(self) -> None:
        self.people.grow_old()
        self.store.restore()

    def _when_dead(self, act: Callable[[], None]) -> None:
        def look() -> None:
            if self.simulation.process is None:
                act()
            else:
                self.agenda.after(0.01, look)

        self.agenda.after(0.0, look)

    def _back_in(self, seconds: float) -> None:
        """Start the bot again after some seconds, once its process has ended, as Docker would."""

        def look() -> None:
            if self.simulation.process is None:
                self.simulation.start()
            elif not self.simulation.over:
                self.agenda.after(0.5, look)

        self.agenda.after(max(0.2, seconds), look)

    def fault(self, where: str | None, user: int, **how: Any) -> None:
        chats = {"staff": self.people.group.id, "user": self.people.users[user].id, None: None}
        self.telegram.faults.add(Fault(chat_id=chats[where], **how))

    def weather(self, kind: str, chance: float, seconds: float, method: str | None) -> None:
        fault = Fault(kind, method, times=None, probability=chance)
        if kind == "never_left":
            fault.kind, fault.status = "cut_before", NEVER_LEFT
        self._for(fault, seconds)

    def stubborn(self, user: int, seconds: float, *, photo: bool) -> bool:
        """Have a user write something at which Telegram keeps failing, and nothing else."""
        how = {"user": user, "kind": "photo"}
        if not self.people.act("photo" if photo else "write", how):
            return False
        token = self.people.written[-1].token
        self.telegram.stuck[token] = self.agenda.now, self.agenda.now + seconds
        return True

    def refuse(self, where: str, user: int, seconds: float, words: str) -> None:
        """Have a chat refuse everything, in words that the bot does not know."""
        chat = (
            self.people.group
            if where == "staff"
            else self.telegram.world.chats[self.people.users[user].id]
        )
        for method in (*SENDS, "setMessageReaction"):
            fault = Fault("error", method, chat_id=chat.id, times=None, status=400)
            fault.description = words
            self._for(fault, seconds)

    def link(self) -> None:
        self.people.link()

    def leave(self, status: str) -> bool:
        return self.people.leave(status)

    def _for(self, fault: Fault, seconds: float) -> None:
        number = self.telegram.faults.add(fault)
        self.agenda.after(seconds, lambda: self.telegram.faults.remove(number))

    def outage(self, seconds: float) -> None:
        self.weather("cut_before", 1.0, seconds, None)

    def database(self, seconds: float) -> None:
        self.store.down = True
        self.agenda.after(seconds, lambda: setattr(self.store, "down", False))

    def lose_commit(self) -> None:
        self.store.loses_next_commit = True

    def latency(self, low: float, high: float) -> None:
        self.telegram.latency = (low, high)

    def repeat(self, count: int) -> None:
        self.telegram.repeat(count)

    def rival(self) -> None:
        self.telegram.rival()

    def block(self, user: int, seconds: float) -> None:
        self.people.block(user, blocked=True)
        self.agenda.after(seconds, lambda: self._unblock(user))

    def _unblock(self, user: int) -> None:
        self.people.block(user, blocked=False)
        self.telegram.changed()

    def kick(self, seconds: float, *, muted: bool) -> None:
        if muted:
            self.people.set_bot("restricted", can_send=False)
        else:
            self.people.set_bot("kicked")
        self.agenda.after(seconds, lambda: self.people.set_bot(self.people.bot_status))

    def upgrade(self) -> bool:
        return self.people.upgrade()

    def clock(self, seconds: float) -> None:
        self.simulation.machine.stepped += timedelta(seconds=seconds)
