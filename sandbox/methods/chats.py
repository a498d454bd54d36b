"""Looking at chats, leaving them: https://core.telegram.org/bots/api#getchat."""

from __future__ import annotations

from sandbox import access, members
from sandbox.errors import bad_request
from sandbox.model import ADMIN_STATUSES, GENERAL, PRESENT, Json, Member
from sandbox.params import Params
from sandbox.people import membership
from sandbox.registry import method
from sandbox.words import words
from sandbox.world import World


@method("getChat", "chat_id")
def get_chat(world: World, params: Params) -> Json:
    """#getchat."""
    return members.full(access.readable(world, params))


@method("getChatMember", "chat_id user_id")
def get_chat_member(world: World, params: Params) -> Json:
    """#getchatmember; somebody who was never there counts as having left."""
    chat = access.readable(world, params)
    person = world.people.get(params.integer("user_id"))
    if person is None:
        raise bad_request("invalid user_id specified")
    return members.view(chat.members.get(person.id) or Member(person, "left"), chat)


@method("getChatAdministrators", "chat_id return_bots")
def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """#getchatadministrators: other bots are left out; the caller, as on Telegram, is not."""
    chat = access.readable(world, params)
    if chat.private:
        raise bad_request("there are no administrators in the private chat")
    admins = [member for member in chat.members.values() if member.status in ADMIN_STATUSES]
    return [members.view(member, chat) for member in admins]


@method("getChatMemberCount", "chat_id")
def get_chat_member_count(world: World, params: Params) -> int:
    """#getchatmembercount."""
    chat = access.readable(world, params)
    return sum(1 for member in chat.members.values() if member.status in PRESENT)


@method("leaveChat", "chat_id")
def leave_chat(world: World, params: Params) -> bool:
    """#leavechat."""
    chat = access.readable(world, params)
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    membership.change(world, chat, world.bot, "left", by=world.bot)
    return True


ACTIONS = frozenset(
    words(
        "typing upload_photo record_video upload_video record_voice upload_voice upload_document "
        "choose_sticker find_location record_video_note upload_video_note"
    )
)


@method("sendChatAction", "chat_id message_thread_id action", ignored="business_connection_id")
def send_chat_action(world: World, params: Params) -> bool:
    """#sendchataction; in General, only here, its number is taken."""
    action = params.text("action").lower()
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = access.writable(world, params)
    thread = params.integer("message_thread_id")
    if thread != GENERAL or not chat.is_forum:
        access.topic_of(chat, params)
    world.feed.put("action", chat.id, action=action, thread=thread or None)
    return True
