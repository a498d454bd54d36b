"""SIGTERM to a process whose connection to the database swallows everything."""

from bot.process import stopping
from tests.proofs.replicas.replica import Pair


def gives_up_soon() -> None:
    """Be short of patience, for the test's sake."""
    vars(stopping)["LAST_SECONDS"] = 1.0


async def test_sigterm_ends_who_leads_and_who_stands_by_though_the_database_is_silent(
    pair: Pair,
) -> None:
    await pair.start(gives_up_soon)
    alice = await pair.scene.telegram.user("Alice")
    replicas = (pair.leader, pair.standby)
    for replica in replicas:
        replica.wire.cut()
    await alice.writes("My order is late")

    for replica in replicas:
        await replica.stop()

    assert (await pair.scene.telegram.status())["pending_updates"] == 1
    pair.leader.wire.mend()
    await pair.leader.start()
    await alice.sees("Ticket #1")
    await pair.leader.stop()
