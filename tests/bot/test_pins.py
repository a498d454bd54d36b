"""Pins, by users, by staff and by the bot: Telegram tells of each by a service message."""

from sandbox.client import User
from sandbox.people import pinning
from tests.bot.test_standing import of_bot, quiet, said_to
from tests.support.office import Office


async def test_what_is_pinned_is_neither_answer_nor_question(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    confirmation = await alice.sees("Ticket #1")
    world = office.sandbox.world
    in_group, in_private = await of_bot(office.support), await said_to(alice)

    await office.kate.pins(card)
    await alice.pins(confirmation)
    pinning.pin(world, world.chats[office.support.id].messages[card.id], world.bot, silent=True)

    await quiet(office)
    assert [one for one in await of_bot(office.support) if one][:-1] == in_group
    assert [one for one in await said_to(alice) if one] == in_private
