"""The sender before a Telegram that refuses, breaks down, or forgets: real HTTP each time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiogram.methods import (
    CloseForumTopic,
    CopyMessage,
    DeleteMessage,
    EditMessageCaption,
    EditMessageText,
    PinChatMessage,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SetMessageReaction,
    TelegramMethod,
)
from aiogram.types import InputMediaPhoto, MessageEntity, MessageId, ReactionTypeEmoji

from bot.client import make_bot
from bot.outgoing.sender import Sender, _message_ids
from bot.wording.calls import Call, reply, send_text
from core.address import Address
from sandbox import Message, Sandbox, Telegram
from sandbox.client import Chat, User
from services.delivery.outcomes import (
    BotRefused,
    ChatRefused,
    Delivered,
    Migrated,
    Outcome,
    Paused,
    Refused,
    Unknown,
    UserGone,
)
from services.delivery.parcel import Parcel
from tests.support.office import close, open_telegram, settings_for

NOWHERE = 4_000_000
BOLD = [MessageEntity(type="bold", offset=0, length=5)]


@dataclass
class Place:
    """Alice, who writes to the bot; a group with Kate; and a sender."""

    sandbox: Sandbox
    telegram: Telegram
    alice: User
    kate: User
    support: Chat
    sender: Sender

    async def send(
        self, method: TelegramMethod[Any], *instead: TelegramMethod[Any], chat_id: int | None = None
    ) -> Outcome:
        """Send a parcel with this call."""
        to = chat_id if chat_id is not None else self.alice.id
        return await self.sender(Parcel(Address(to), Call(method, instead)))

    async def sent(self, method: TelegramMethod[Any], **how: Any) -> int:
        """Send what arrives; return the message's id."""
        outcome = await self.send(method, **how)
        assert isinstance(outcome, Delivered)
        return outcome.message_ids[0]

    def hello(self, **fields: Any) -> SendMessage:
        return SendMessage.model_validate({"chat_id": self.alice.id, "text": "Hello"} | fields)

    def hello_group(self, **fields: Any) -> SendMessage:
        return self.hello(chat_id=self.support.id, **fields)

    async def texts(self) -> list[str]:
        """List what the bot has written to Alice."""
        messages = await self.alice.chat.messages()
        return [message.text for message in messages if message.from_id != self.alice.id]

    async def last(self) -> Message:
        """Get the newest message in Alice's chat."""
        return (await self.alice.chat.messages())[-1]

    async def calls(self) -> list[str]:
        """List the methods that were called."""
        return [call["method"] for call in await self.telegram.calls()]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_telegram() as (sandbox, telegram):
        alice, kate = await telegram.user("Alice"), await telegram.user("Kate")
        await alice.writes("/start")
        support = await telegram.group("Support", members=[kate])
        bot = make_bot(settings_for(sandbox, support))
        yield Place(sandbox, telegram, alice, kate, support, Sender(bot))
        await close(bot)


# It works


async def test_what_arrived_has_an_id(place: Place) -> None:
    outcome = await place.send(place.hello())

    assert outcome == Delivered(((await place.last()).id,))


async def test_an_album_has_an_id_for_each_item(place: Place) -> None:
    photo = await place.alice.sends_photo()
    file_id = photo.raw["photo"][-1]["file_id"]
    album = SendMediaGroup(chat_id=place.alice.id, media=[InputMediaPhoto(media=file_id)] * 2)

    outcome = await place.send(album)

    messages = await place.alice.chat.messages()
    assert outcome == Delivered(tuple(message.id for message in messages[-2:]))


async def test_a_copy_has_an_id(place: Place) -> None:
    photo = await place.alice.sends_photo()
    copy = CopyMessage(chat_id=place.support.id, from_chat_id=place.alice.id, message_id=photo.id)

    outcome = await place.send(copy, chat_id=place.support.id)

    copied = await place.kate.sees(in_=place.support, kind="photo")
    assert outcome == Delivered((copied.id,))


async def test_an_edited_message_keeps_its_id_and_a_deleted_one_has_none(place: Place) -> None:
    message_id = await place.sent(place.hello())
    edit = EditMessageText(chat_id=place.alice.id, message_id=message_id, text="New")
    delete = DeleteMessage(chat_id=place.alice.id, message_id=message_id)

    assert await place.send(edit) == Delivered((message_id,))
    assert await place.send(delete) == Delivered()


def test_a_scheduled_message_has_no_id_yet() -> None:
    assert _message_ids([MessageId(message_id=0), MessageId(message_id=5)]) == (5,)


# Telegram breaks down


@pytest.mark.parametrize(
    ("kind", "how", "expected", "arrived"),
    [
        pytest.param(
            "error",
            {
                "status": 429,
                "description": "Too Many Requests: retry after 35",
                "parameters": {"retry_after": 35},
            },
            Paused(35),
            [],
            id="429",
        ),
        pytest.param(
            "error",
            {"status": 500, "description": "Internal Server Error"},
            Unknown("TelegramServerError: Internal Server Error"),
            [],
            id="5xx",
        ),
        pytest.param(
            "error", {"status": 401, "description": "Unauthorized"}, BotRefused("Unauthorized"), []
        ),
        pytest.param(
            "error", {"status": 404, "description": "Not Found"}, BotRefused("Not Found"), []
        ),
        pytest.param("html", {}, Unknown("the answer is not Telegram's"), [], id="HTML 502"),
        pytest.param(
            "html_after", {}, Unknown("the answer is not Telegram's"), ["Hello"], id="HTML after"
        ),
        pytest.param(
            "cut_before",
            {},
            Unknown("TelegramNetworkError: ServerDisconnectedError: Server disconnected"),
            [],
            id="cut before processing",
        ),
        pytest.param(
            "cut_after",
            {},
            Unknown("TelegramNetworkError: ServerDisconnectedError: Server disconnected"),
            ["Hello"],
            id="cut after processing",
        ),
    ],
)
async def test_a_breakdown_is_told_by_what_it_means(
    place: Place, kind: str, how: dict[str, Any], expected: Outcome, arrived: list[str]
) -> None:
    await place.telegram.breaks(kind, method="sendMessage", **how)

    assert await place.send(place.hello()) == expected
    assert await place.texts() == arrived


async def test_an_ok_that_cannot_be_read_is_ok_with_its_id(place: Place) -> None:
    await place.telegram.breaks("garbage", method="sendMessage")

    outcome = await place.send(place.hello())

    assert outcome == Delivered(((await place.last()).id,))
    assert await place.texts() == ["Hello"]


async def test_an_album_whose_answer_cannot_be_read_has_all_its_ids(place: Place) -> None:
    photo = await place.alice.sends_photo()
    file_id = photo.raw["photo"][-1]["file_id"]
    album = SendMediaGroup(chat_id=place.alice.id, media=[InputMediaPhoto(media=file_id)] * 2)
    await place.telegram.breaks("garbage", method="sendMediaGroup")

    outcome = await place.send(album)

    messages = await place.alice.chat.messages()
    assert outcome == Delivered(tuple(message.id for message in messages[-2:]))


async def test_where_nobody_listens_nothing_can_have_arrived(place: Place) -> None:
    nobody = settings_for(place.sandbox, place.support, telegram_api_url="http://127.0.0.1:1")
    bot = make_bot(nobody)

    outcome = await Sender(bot)(Parcel(Address(place.alice.id), Call(place.hello())))

    await close(bot)
    assert isinstance(outcome, Unknown)
    assert not outcome.maybe_delivered


# The chat takes nothing


async def test_a_user_who_blocked_the_bot_is_gone(place: Place) -> None:
    await place.alice.blocks_bot()

    outcome = await place.send(place.hello())

    assert outcome == UserGone("Forbidden: bot was blocked by the user")


async def test_a_user_who_never_wrote_is_gone(place: Place) -> None:
    stranger = await place.telegram.user("Stranger")

    outcome = await place.send(place.hello(chat_id=stranger.id), chat_id=stranger.id)

    assert isinstance(outcome, UserGone)


async def test_a_group_where_all_members_are_muted_refuses_the_bot_whatever_it_sends(
    place: Place,
) -> None:
    await place.alice.sends_photo("My parcel")
    photo = (await place.last()).id
    copy = CopyMessage(chat_id=place.support.id, from_chat_id=place.alice.id, message_id=photo)
    await place.support.mutes_members()

    outcome = await place.send(copy, chat_id=place.support.id)
    await place.support.bot_becomes("administrator")
    as_administrator = await place.send(copy, chat_id=place.support.id)

    assert isinstance(outcome, ChatRefused)
    assert isinstance(as_administrator, Delivered)


@pytest.mark.parametrize("status", ["kicked", "left", "restricted"])
async def test_a_group_that_the_bot_may_not_write_in_refuses_it(place: Place, status: str) -> None:
    await place.support.bot_becomes(status)

    outcome = await place.send(place.hello_group(), chat_id=place.support.id)

    assert isinstance(outcome, ChatRefused)


async def test_a_group_where_the_bot_is_muted_refuses_it_whatever_it_sends(place: Place) -> None:
    await place.alice.sends_photo("My parcel")
    photo = (await place.last()).id
    await place.support.bot_becomes("restricted")

    outcome = await place.send(
        CopyMessage(chat_id=place.support.id, from_chat_id=place.alice.id, message_id=photo),
        chat_id=place.support.id,
    )

    assert isinstance(outcome, ChatRefused)
    assert "not enough rights to send photos" in outcome.reason


@pytest.mark.parametrize("words", ["CHAT_ADMIN_REQUIRED", "not enough rights to manage pinned"])
async def test_a_group_where_the_bot_may_not_pin_takes_messages_all_the_same(
    place: Place, words: str
) -> None:
    here = await place.sent(place.hello_group(), chat_id=place.support.id)
    refusal = {"status": 400, "description": f"Bad Request: {words}"}
    await place.telegram.breaks("error", method="pinChatMessage", **refusal)

    outcome = await place.send(
        PinChatMessage(chat_id=place.support.id, message_id=here), chat_id=place.support.id
    )

    assert outcome == Refused(f"Bad Request: {words}")


@pytest.mark.parametrize("words", ["CHAT_ADMIN_REQUIRED", "words of next year"])
async def test_a_topic_that_may_not_be_closed_says_nothing_of_its_group(
    place: Place, words: str
) -> None:
    refusal = {"status": 400, "description": f"Bad Request: {words}"}
    await place.telegram.breaks("error", method="closeForumTopic", **refusal)

    outcome = await place.send(
        CloseForumTopic(chat_id=place.support.id, message_thread_id=5), chat_id=place.support.id
    )

    assert outcome == Refused(f"Bad Request: {words}")
    assert len(await place.telegram.calls("closeForumTopic")) == 1


async def test_a_message_too_old_to_be_deleted_is_edited_instead(place: Place) -> None:
    old = await place.sent(place.hello())
    deletion = DeleteMessage(chat_id=place.alice.id, message_id=old)
    edit = EditMessageText(chat_id=place.alice.id, message_id=old, text="It was here")
    await place.telegram.advance(49 * 3600)

    outcome = await place.send(deletion, edit)

    assert outcome == Delivered((old,))
    assert await place.texts() == ["It was here"]


async def test_whether_the_bot_is_muted_may_be_unknown_for_a_while(place: Place) -> None:
    await place.alice.sends_photo("My parcel")
    photo = (await place.last()).id
    await place.support.bot_becomes("restricted")
    await place.telegram.breaks("cut_before", method="getChatMember")

    outcome = await place.send(
        CopyMessage(chat_id=place.support.id, from_chat_id=place.alice.id, message_id=photo),
        chat_id=place.support.id,
    )

    assert outcome == Unknown("whether we may write there is not known", maybe_delivered=False)


async def test_a_group_that_is_not_there_refuses_the_bot(place: Place) -> None:
    outcome = await place.send(place.hello(chat_id=-NOWHERE), chat_id=-NOWHERE)

    assert isinstance(outcome, ChatRefused)


async def test_a_group_that_moved_says_where_to(place: Place) -> None:
    moved = await place.support.becomes_supergroup()

    outcome = await place.send(place.hello_group(), chat_id=place.support.id)

    assert outcome == Migrated(moved.id)


async def test_what_telegram_never_takes_is_refused_with_its_words(place: Place) -> None:
    outcome = await place.send(place.hello(text=" "))

    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("Bad Request: ")


# A part of it is impossible


async def test_what_is_as_we_want_it_is_delivered(place: Place) -> None:
    message_id = await place.sent(place.hello())

    outcome = await place.send(
        EditMessageText(chat_id=place.alice.id, message_id=message_id, text="Hello")
    )

    assert outcome == Delivered()


async def test_a_message_that_cannot_be_edited_is_sent_again(place: Place) -> None:
    message_id = await place.sent(place.hello())
    await place.alice.deletes(Message((await place.last()).raw))

    outcome = await place.send(
        EditMessageText(
            chat_id=place.alice.id, message_id=message_id, text="Hello again", entities=BOLD
        )
    )

    anew = await place.last()
    assert outcome == Delivered((anew.id,))
    assert (anew.text, anew.entities[0]["type"]) == ("Hello again", "bold")


async def test_a_reply_whose_target_is_gone_goes_without_it(place: Place) -> None:
    outcome = await place.send(send_text(Address(place.alice.id), ("Hello", []), reply_to=NOWHERE))

    assert outcome == Delivered(((await place.last()).id,))
    assert (await place.last()).reply_to is None


async def test_a_reply_that_telegram_insists_on_goes_without_it(place: Place) -> None:
    words = "Bad Request: message to be replied not found"
    await place.telegram.breaks("error", method="sendMessage", status=400, description=words)

    outcome = await place.send(send_text(Address(place.alice.id), ("Hello", []), reply_to=NOWHERE))

    assert outcome == Delivered(((await place.last()).id,))


async def test_a_reply_of_a_copy_goes_without_it_and_stays_a_copy(place: Place) -> None:
    photo = await place.alice.sends_photo("Look")
    words = "Bad Request: message to be replied not found"
    await place.telegram.breaks("error", method="copyMessage", status=400, description=words)
    copy = CopyMessage(
        chat_id=place.alice.id,
        from_chat_id=place.alice.id,
        message_id=photo.id,
        reply_parameters=reply(NOWHERE),
    )

    outcome = await place.send(copy, place.hello())

    assert outcome == Delivered(((await place.last()).id,))
    assert ((await place.last()).kind, (await place.last()).text) == ("photo", "Look")


async def test_what_cannot_be_copied_goes_by_its_file(place: Place) -> None:
    photo = await place.alice.sends_photo()
    file_id = photo.raw["photo"][-1]["file_id"]
    copy = CopyMessage(chat_id=place.alice.id, from_chat_id=place.alice.id, message_id=NOWHERE)

    outcome = await place.send(copy, SendPhoto(chat_id=place.alice.id, photo=file_id))

    assert outcome == Delivered(((await place.last()).id,))
    assert (await place.last()).kind == "photo"


async def test_what_has_neither_source_nor_file_goes_in_words(place: Place) -> None:
    copy = CopyMessage(chat_id=place.alice.id, from_chat_id=place.alice.id, message_id=NOWHERE)
    by_file = SendPhoto(chat_id=place.alice.id, photo="no such file")

    outcome = await place.send(copy, by_file, place.hello(text="[a photo]"))

    assert outcome == Delivered(((await place.last()).id,))
    assert await place.texts() == ["[a photo]"]
    assert await place.calls() == ["copyMessage", "sendPhoto", "sendMessage"]


async def test_without_anything_else_to_say_telegrams_words_remain(place: Place) -> None:
    copy = CopyMessage(chat_id=place.alice.id, from_chat_id=place.alice.id, message_id=NOWHERE)

    refused = Refused("Bad Request: message to copy not found", uncopiable=True)
    assert await place.send(copy) == refused


async def test_protected_content_goes_in_words(place: Place) -> None:
    await place.support.protects_content()
    photo = await place.kate.sends("photo", to=place.support)
    copy = CopyMessage(chat_id=place.alice.id, from_chat_id=place.support.id, message_id=photo.id)

    outcome = await place.send(copy, place.hello(text="[a photo]"))

    assert isinstance(outcome, Delivered)
    assert await place.texts() == ["[a photo]"]


async def test_formatting_that_is_not_understood_is_left_out(place: Place) -> None:
    words = "Bad Request: can't parse entities: entity beyond the end"
    await place.telegram.breaks("error", method="sendMessage", status=400, description=words)

    outcome = await place.send(place.hello(entities=BOLD))

    assert outcome == Delivered(((await place.last()).id,))
    assert ((await place.last()).text, (await place.last()).entities) == ("Hello", [])


async def test_formatting_of_a_caption_is_left_out_too(place: Place) -> None:
    photo = await place.alice.sends_photo()
    file_id = photo.raw["photo"][-1]["file_id"]
    words = "Bad Request: can't parse entities: entity beyond the end"
    await place.telegram.breaks("error", method="sendPhoto", status=400, description=words)
    send = SendPhoto(chat_id=place.alice.id, photo=file_id, caption="Hello", caption_entities=BOLD)

    outcome = await place.send(send)

    assert isinstance(outcome, Delivered)
    assert ((await place.last()).text, (await place.last()).entities) == ("Hello", [])


async def test_what_is_refused_plain_as_well_is_refused(place: Place) -> None:
    words = "Bad Request: can't parse entities: nobody knows why"
    await place.telegram.breaks(
        "error", method="sendMessage", status=400, description=words, times=None
    )

    assert await place.send(place.hello(entities=BOLD)) == Refused(words)
    assert await place.calls() == ["sendMessage", "sendMessage"]


async def test_a_thread_that_is_gone_is_left_out(place: Place) -> None:
    words = "Bad Request: message thread not found"
    await place.telegram.breaks("error", method="sendMessage", status=400, description=words)
    message = send_text(Address(place.support.id), ("Hello", []), reply_to=NOWHERE)

    outcome = await place.send(message, chat_id=place.support.id)

    assert isinstance(outcome, Delivered)
    assert (await place.kate.sees("Hello", in_=place.support)).reply_to is None


async def test_what_was_for_a_thread_that_is_gone_goes_to_general(place: Place) -> None:
    forum = await place.telegram.group("Forum", members=[place.kate], forum=True, bot="member")

    outcome = await place.send(send_text(Address(forum.id, 77), ("Hello", [])), chat_id=forum.id)

    assert isinstance(outcome, Delivered)
    assert (await place.kate.sees("Hello", in_=forum)).thread is None


@pytest.mark.parametrize("words", ["message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED"])
async def test_a_forum_whose_general_is_closed_refuses(place: Place, words: str) -> None:
    error = {"status": 400, "description": f"Bad Request: {words}"}
    await place.telegram.breaks("error", method="sendMessage", times=None, **error)

    outcome = await place.send(place.hello_group(), chat_id=place.support.id)

    assert isinstance(outcome, ChatRefused)


@pytest.mark.parametrize("words", ["TOPIC_ID_INVALID", "the chat is not a forum"])
async def test_what_a_thread_refuses_in_any_words_goes_to_general(place: Place, words: str) -> None:
    forum = await place.telegram.group("Forum", members=[place.kate], forum=True, bot="member")
    error = {"status": 400, "description": f"Bad Request: {words}"}
    await place.telegram.breaks("error", method="sendMessage", **error)

    outcome = await place.send(send_text(Address(forum.id, 77), ("Hello", [])), chat_id=forum.id)

    assert isinstance(outcome, Delivered)
    assert (await place.kate.sees("Hello", in_=forum)).thread is None


async def test_slow_mode_of_a_forum_is_waited_for(place: Place) -> None:
    error = {"status": 400, "description": "Bad Request: SLOWMODE_WAIT_7"}
    await place.telegram.breaks("error", method="sendMessage", **error)
    words = send_text(Address(place.support.id, 77), ("Hello", []))

    assert await place.send(words, chat_id=place.support.id) == Paused(7)


async def test_nothing_for_a_business_account_goes_to_the_bots_own_chat(place: Place) -> None:
    with pytest.raises(LookupError):
        send_text(Address(place.alice.id, account=place.kate.id), ("Hello", []))


async def test_what_is_deleted_already_is_deleted(place: Place) -> None:
    delete = DeleteMessage(chat_id=place.alice.id, message_id=NOWHERE)

    assert await place.send(delete) == Delivered()


async def test_a_reaction_to_what_is_gone_is_refused(place: Place) -> None:
    words = "Bad Request: MESSAGE_ID_INVALID"
    await place.telegram.breaks("error", method="setMessageReaction", status=400, description=words)
    react = SetMessageReaction(
        chat_id=place.support.id, message_id=NOWHERE, reaction=[ReactionTypeEmoji(emoji="👍")]
    )

    assert await place.send(react, chat_id=place.support.id) == Refused(words)


async def test_a_caption_whose_message_is_gone_is_sent_with_its_file(place: Place) -> None:
    photo = await place.alice.sends_photo()
    file_id = photo.raw["photo"][-1]["file_id"]
    words = "Bad Request: message to edit not found"
    await place.telegram.breaks("error", method="editMessageCaption", status=400, description=words)
    edit = EditMessageCaption(chat_id=place.alice.id, message_id=NOWHERE, caption="New")
    by_file = SendPhoto(chat_id=place.alice.id, photo=file_id, caption="New")

    outcome = await place.send(edit, by_file)

    assert outcome == Delivered(((await place.last()).id,))
    assert (await place.last()).text == "New"


async def test_nothing_is_said_twice_by_trying_again(place: Place) -> None:
    await place.telegram.breaks("cut_after", method="sendMessage")

    outcome = await place.send(place.hello(), place.hello(text="or so"))

    assert isinstance(outcome, Unknown)
    assert outcome.maybe_delivered
    assert await place.texts() == ["Hello"]
