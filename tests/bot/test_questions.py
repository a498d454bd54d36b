from tests.office import Office


async def test_a_first_message_opens_a_ticket_and_staff_see_its_card(office: Office) -> None:
    alice = await office.telegram.user("Alice", username="alice")

    await alice.writes("My order is late")

    card = await office.kate.sees("My order is late", in_=office.support)
    assert "#1" in card.text
    assert "Alice @alice" in card.text
    assert card.buttons == ["Take", "Close"]
    await alice.sees("Ticket #1 is open")


async def test_staff_answer_by_replying_to_the_card(office: Office) -> None:
    alice = await office.telegram.user("Alice")
    await alice.writes("My order is late")
    card = await office.kate.sees("My order is late", in_=office.support)

    answer = await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    await office.kate.sees_reaction(answer, "👍")
    await office.kate.sees_edit(card, "answered")
