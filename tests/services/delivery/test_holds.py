"""Holds: groups get nothing while tickets come along to another one."""

import asyncio

from services.delivery.holds import Holds


def held() -> tuple[Holds, list[str]]:
    released: list[str] = []
    return Holds(on_release=lambda: released.append("released")), released


async def test_from_the_start_nothing_goes_until_all_is_seen_to_have_come_along() -> None:
    holds, released = held()
    assert holds.is_on

    holds.release(await holds.wait())

    assert (holds.is_on, released) == (False, ["released"])


async def test_what_is_said_while_tickets_come_along_has_them_looked_for_again() -> None:
    holds, released = held()
    count = await holds.wait()
    holds.hold()

    holds.release(count)
    assert (holds.is_on, released) == (True, [])

    holds.release(await holds.wait())
    assert (holds.is_on, released) == (False, ["released"])


async def test_whoever_brings_tickets_along_waits_until_it_is_said() -> None:
    holds, _ = held()
    holds.release(await holds.wait())
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(holds.wait())
        await asyncio.sleep(0)
        assert not waiting.done()

        holds.hold()

    assert waiting.result() == 1


async def test_what_stays_held_is_looked_at_again_at_the_next_hold() -> None:
    holds, _ = held()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(holds.wait_for_another(await holds.wait()))
        await asyncio.sleep(0)
        assert not waiting.done()
        holds.hold()
    assert holds.is_on
