"""Follow-ups that wait become one message."""

from datetime import timedelta

from sandbox.client import Message, User
from tests.support.office import Office, Sessions, formatted, open_office


async def merged(office: Office, alice: User) -> tuple[list[Message], Message]:
    """Have three follow-ups wait behind a failed send and travel as one; return both sides."""
    await office.opens(alice, "My order is late")
    await office.support.bot_becomes("restricted")
    first = await alice.writes("one 😀", entities=[{"type": "bold", "offset": 0, "length": 3}])
    await office.telegram.called("sendMessage", status=400)
    eve = await office.telegram.user("Eve")
    await eve.writes("Mine too")
    await eve.sees("Ticket #2")
    second = await alice.writes("two", entities=[{"type": "italic", "offset": 0, "length": 3}])
    third = await alice.writes("three")
    await eve.writes("/start")
    await eve.sees("Hello!")
    await office.lets_bot_in()
    return [first, second, third], await office.sees("three")


async def test_texts_that_waited_come_as_one_message_with_their_formatting(
    office: Office, alice: User
) -> None:
    _, together = await merged(office, alice)

    assert together.text == "#1\none 😀\n\ntwo\n\nthree"
    assert formatted(together, "bold") == ["one"]
    assert formatted(together, "italic") == ["two"]


async def test_a_reply_to_a_merged_message_reaches_the_user(office: Office, alice: User) -> None:
    _, together = await merged(office, alice)

    await office.kate.replies(together, "I see")

    await alice.sees("I see")


async def test_an_edit_of_a_part_changes_the_merged_message(office: Office, alice: User) -> None:
    questions, together = await merged(office, alice)

    await alice.edits(questions[1], "2")

    edited = await office.kate.sees_edit(together)
    assert edited.text == "#1\none 😀\n\n2\n\nthree"
    assert formatted(edited, "bold") == ["one"]


async def test_a_part_that_grows_too_long_is_shown_whole_behind_the_merged_message(
    office: Office, alice: User
) -> None:
    questions, together = await merged(office, alice)

    await alice.edits(questions[2], "w" * 4090)

    await office.kate.sees_edit(together, "wwww")
    whole = await office.sees("#1 · wwww", after=together)
    rest = [m for m in await office.support.messages() if m.id > together.id]
    assert "".join(m.text.removeprefix("#1\n").removeprefix("#1 · ") for m in rest) == "w" * 4090, (
        whole
    )


async def test_a_picture_in_between_keeps_its_place(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await office.support.bot_becomes("restricted")
    await alice.writes("before")
    await office.telegram.called("sendMessage", status=400)
    await alice.writes("just before")
    await alice.sends_photo("the picture")
    await alice.writes("after")
    await alice.writes("/start")
    await alice.sees("Hello!")
    eve = await office.telegram.user("Eve")
    await eve.writes("Mine too")
    await eve.sees("Ticket #2")
    await office.lets_bot_in()

    await office.sees("after", kind="text")
    shown = [m for m in await office.support.messages() if m.text.startswith(("#1", "the"))]
    assert [m.text for m in shown] == ["#1\nbefore\n\njust before", "the picture", "#1 · after"]


async def test_texts_too_long_for_one_message_come_as_few(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await office.support.bot_becomes("restricted")
    await alice.writes("0" * 1500)
    await office.telegram.called("sendMessage", status=400)
    for digit in "1234":
        await alice.writes(digit * 1500)
    eve = await office.telegram.user("Eve")
    await eve.writes("Mine too")
    await eve.sees("Ticket #2")
    await office.lets_bot_in()

    await office.sees("4444")
    shown = [
        m.text for m in await office.support.messages() if m.text.startswith(("#1\n", "#1 · "))
    ]
    assert len(shown) == 3
    digits = "".join(text[len("#1") :].strip(" ·\n").replace("\n", "") for text in shown)
    assert digits == "".join(digit * 1500 for digit in "01234")


async def test_what_a_user_goes_on_writing_comes_as_one_message(file_sessions: Sessions) -> None:
    window = timedelta(seconds=30)
    async with open_office(file_sessions, staff_batch_seconds=window) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        one, *_ = [await alice.writes(word) for word in ("one", "two", "three")]
        await alice.edits(one, "number one")
        await alice.writes("/start")
        await alice.sees("Hello!")
        shown = await office.says_in_staff_chat()
        assert not any("two" in m.text for m in await office.support.messages() if m.id < shown.id)

        await office.telegram.advance(window.total_seconds())

        together = await office.sees("three")
        assert (together.text, together.edits) == ("#1\nnumber one\n\ntwo\n\nthree", 0)
        assert together.reply_to == card.id


async def test_what_staff_do_is_seen_at_once_while_a_user_goes_on_writing(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, staff_batch_seconds=timedelta(hours=1)) as office:
        alice = await office.telegram.user("Alice", language="en")
        card = await office.opens(alice, "My order is late")
        await alice.writes("Number 4711")

        answer = await office.kate.replies(card, "On its way")

        await alice.sees("On its way")
        await office.kate.sees_reaction(answer, "👍")
        await office.sees("Number 4711")


async def test_with_nothing_in_the_way_nothing_is_held_back(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")

    for word in ("one", "two", "three"):
        await alice.writes(word)
        assert (await office.sees(word)).text == f"#1 · {word}"


async def test_an_answer_to_a_merged_message_gets_its_reaction(office: Office, alice: User) -> None:
    _, together = await merged(office, alice)

    answer = await office.kate.replies(together, "I see")

    await office.kate.sees_reaction(answer, "👍")


async def test_one_text_that_telegram_refuses_does_not_fail_those_it_was_merged_with(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.support.bot_becomes("restricted")
    bad = await alice.writes("one")
    await office.telegram.called("sendMessage", status=400)
    await alice.writes("two")
    await alice.writes("three")
    await alice.writes("/start")
    await alice.sees("Hello!")
    await office.holds_all()
    await office.support.bot_becomes("member")
    await office.telegram.breaks(
        "error",
        method="sendMessage",
        chat_id=office.support.id,
        times=2,
        status=400,
        description="Bad Request: message text is not to our liking",
    )
    await office.telegram.advance(61)

    await office.sees("#1 · three")
    await office.sees("#1: this did not arrive")
    told = await alice.sees("couldn't pass this message on")
    shown = [m.text for m in await office.support.messages() if m.text.startswith("#1 · ")]
    assert shown[-2:] == ["#1 · two", "#1 · three"]
    assert told.reply_to == bad.id
