"""Sounds: the staff chat hears what somebody has to act on; users hear everything."""

from sandbox.client import Message, User
from tests.support.office import USERNAME, Office, Sessions, open_office


async def answered(office: Office, alice: User) -> Message:
    """Open a ticket, and have its user read an answer; its card."""
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "It is on its way")
    await alice.sees("on its way")
    return card


async def test_a_new_card_makes_a_sound(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    assert not card.silent


async def test_follow_ups_are_silent(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")

    await alice.writes("Number 4711")
    await alice.sends_photo("The receipt")

    assert (await office.sees("Number 4711")).silent
    assert (await office.sees("The receipt")).silent


async def test_the_first_message_after_an_answer_makes_a_sound(office: Office, alice: User) -> None:
    await answered(office, alice)

    await alice.writes("It is not")
    assert not (await office.sees("It is not")).silent

    await alice.writes("Really")
    assert (await office.sees("Really")).silent


async def test_so_does_the_first_item_of_an_album(office: Office, alice: User) -> None:
    await answered(office, alice)

    await alice.sends_album([{"kind": "photo", "caption": "The parcel"}, "photo"])
    await office.telegram.advance(1)

    assert not (await office.sees("The parcel")).silent


async def test_what_became_our_turn_makes_a_sound_together_with_what_it_is_merged_with(
    office: Office, alice: User
) -> None:
    await answered(office, alice)
    await office.support.bot_becomes("restricted")
    await alice.writes("It is not")
    await office.holds_all()
    await alice.writes("Really")
    await office.lets_bot_in()

    together = await office.sees("Really")

    assert "It is not" in together.text
    assert not together.silent


async def test_a_ticket_that_its_user_reopens_makes_a_sound_once(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Close")).answer()

    await alice.sends_photo("The parcel is empty")

    assert (await office.sees("The parcel is empty")).silent
    assert not (await office.sees("open", after=card)).silent


async def test_a_ticket_that_staff_reopen_makes_none(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Close")).answer()
    await office.kate.sees_edit(card, "closed")

    await (await office.kate.presses(card, "Reopen")).answer()

    assert (await office.sees("open", after=card)).silent


async def test_what_one_person_asked_for_is_silent(office: Office) -> None:
    assert (await office.says_in_staff_chat()).silent
    await office.kate.writes(f"/close@{USERNAME} 99", to=office.support)
    assert (await office.sees("no ticket 99")).silent


async def test_an_answer_that_did_not_arrive_makes_a_sound(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.blocks_bot()

    await office.kate.replies(card, "It is on its way")

    assert not (await office.sees("did not arrive")).silent


async def test_cards_in_a_group_that_got_another_id_are_silent(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")

    supergroup = await office.support.becomes_supergroup()

    assert (await office.kate.sees("My order is late", in_=supergroup)).silent


async def test_users_hear_everything(office: Office, alice: User) -> None:
    await answered(office, alice)
    await alice.writes("/start")
    await alice.sees("Hello!")

    assert not any(message.silent for message in await alice.chat.messages())


async def test_what_is_sent_anew_for_an_edit_is_silent_in_the_group(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions) as office:
        alice = await office.telegram.user("Alice", language="en")
        await office.opens(alice, "My order is late")
        said = await alice.writes("Number 4711")
        copy = await office.sees("Number 4711")
        await office.kate.becomes("creator", office.support)
        await office.kate.deletes(copy)

        await alice.edits(said, "Number 4712")

        assert (await office.sees("Number 4712")).silent
