"""SIGTERM to a process whose database does not answer."""

from bot.process import stopping
from tests.proofs.replicas.replica import Pair


def gives_up_soon() -> None:
    """Wait only a second for the end, so that the test is short."""
    vars(stopping)["LAST_SECONDS"] = 1.0


async def test_sigterm_ends_leader_and_standby_even_if_the_database_is_silent(
    pair: Pair,
) -> None:
    await pair.start(gives_up_soon)
    alice = await pair.scene.telegram.user("Alice")
    replicas = (pair.leader, pair.standby)
    for replica in replicas:
        replica.cable.cut()
    await alice.writes("My order is late")

    for replica in replicas:
        await replica.stop()

    assert (await pair.scene.telegram.status())["pending_updates"] == 1
    pair.leader.cable.mend()
    await pair.leader.start()
    await alice.sees("Ticket #1")
    await pair.leader.stop()
