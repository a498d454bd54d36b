"""Forums: SIGKILL at the points that matter there, on SQLite and on PostgreSQL."""

import pytest

from tests.proofs.crash import mishaps
from tests.proofs.crash.forms import Form
from tests.proofs.crash.kate import ASKS_WHICH
from tests.proofs.crash.scene import SIGKILLED, Scene


@pytest.fixture
def form() -> Form:
    return Form.FORUM


async def test_killed_between_making_a_thread_and_its_settling_one_more_is_made_and_none_is_ignored(
    scene: Scene,
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(mishaps.dies_before_the_settling)
    await alice.writes("My order is late")
    assert await scene.ended() == SIGKILLED
    (empty,) = topics(scene)

    await scene.start()

    card = await scene.kate.sees("My order is late", in_=scene.support)
    assert topics(scene) == [empty, card.thread]
    await scene.kate.writes("Which one?", to=scene.support, thread=empty)
    asked = await scene.kate.sees(ASKS_WHICH, in_=scene.support)
    await scene.kate.presses(asked, "#1")
    await alice.sees("Which one?")
    await scene.stop()


def topics(scene: Scene) -> list[int]:
    return [*scene.sandbox.world.chats[scene.support.id].topics]
