"""Removing people from groups, or their right to write: https://core.telegram.org/bots/api#banchatmember.

The words are those of ChatManager and DialogParticipantManager in tdlib/td. Nothing ends by
itself: `until_date` has no effect. Of permissions only whether somebody may write is kept.
"""

from __future__ import annotations

from sandbox import access, members
from sandbox.errors import bad_request
from sandbox.model import PRESENT, Chat, Person
from sandbox.params import Params
from sandbox.people import membership
from sandbox.registry import method
from sandbox.world import World


def _concerned(world: World, params: Params) -> tuple[Chat, Person]:
    """The group and the member, if the bot has the right to restrict them."""
    chat = access.changeable(world, params)
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    person = world.people.get(params.integer("user_id"))
    if person is None:
        raise bad_request("invalid user_id specified")
    if person is world.bot:
        raise bad_request("can't restrict self")
    if not access.may(world, chat, "can_restrict_members"):
        raise bad_request("not enough rights to restrict/unrestrict chat member")
    status = chat.status_of(person.id)
    if status == "creator":
        raise bad_request("can't remove chat owner")
    if status == "administrator":
        raise bad_request("user is an administrator of the chat")
    return chat, person


@method("banChatMember", "chat_id user_id", ignored="until_date revoke_messages")
def ban_chat_member(world: World, params: Params) -> bool:
    """#banchatmember: revoke_messages concerns only what the banned person still sees."""
    chat, person = _concerned(world, params)
    if chat.status_of(person.id) != "kicked":
        membership.change(world, chat, person, "kicked", by=world.bot)
    return True


@method("unbanChatMember", "chat_id user_id only_if_banned")
def unban_chat_member(world: World, params: Params) -> bool:
    """#unbanchatmember: “if the user is a member of the chat they will also be removed”."""
    chat, person = _concerned(world, params)
    if chat.type != "supergroup":
        raise bad_request("method is available for supergroup and channel chats only")
    status = chat.status_of(person.id)
    if status == "left" or (status != "kicked" and params.boolean("only_if_banned")):
        return True
    membership.change(world, chat, person, "left", by=world.bot)
    return True


@method(
    "restrictChatMember",
    "chat_id user_id permissions",
    ignored="until_date use_independent_chat_permissions",
)
def restrict_chat_member(world: World, params: Params) -> bool:
    """#restrictchatmember: “Pass True for all permissions to lift restrictions”."""
    chat, person = _concerned(world, params)
    if chat.type != "supergroup":
        raise bad_request("method is available only for supergroups")
    given = params.json("permissions", "chat permissions")
    if not isinstance(given, dict):
        raise bad_request("can't parse permissions: expected an Object")
    if chat.status_of(person.id) not in PRESENT:
        raise bad_request("USER_NOT_PARTICIPANT")
    lifted = all(given.get(name) is True for name in members.PERMISSIONS)
    may_write = given.get("can_send_messages") is True
    status = "member" if lifted else "restricted"
    membership.change(world, chat, person, status, by=world.bot, can_send=may_write)
    return True
