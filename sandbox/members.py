"""Members of chats: https://core.telegram.org/bots/api#chatmember and #chatfullinfo."""

from __future__ import annotations

from sandbox.model import RIGHTS, Chat, Json, Member
from sandbox.words import words

# The rights of every administrator here; RIGHTS may be taken away.
ADMIN_RIGHTS = words(
    "can_manage_chat can_manage_video_chats can_promote_members can_change_info can_invite_users "
    "can_post_stories can_edit_stories can_delete_stories can_send_welcome_messages"
)
PERMISSIONS = words(
    "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos "
    "can_send_video_notes can_send_voice_notes can_send_polls can_send_other_messages "
    "can_add_web_page_previews can_react_to_messages"
)
OTHER_PERMISSIONS = words(
    "can_edit_tag can_change_info can_invite_users can_pin_messages can_manage_topics"
)


def view(member: Member, chat: Chat, *, can_be_edited: bool = False) -> Json:
    """A ChatMember of the kind its status says."""
    base: Json = {"status": member.status, "user": member.person.json()}
    if member.status == "creator":
        return base | {"is_anonymous": False}
    if member.status == "administrator":
        rights = dict.fromkeys(ADMIN_RIGHTS, True)
        rights |= {"can_be_edited": can_be_edited, "is_anonymous": False}
        rights |= {right: member.may(right) for right in RIGHTS}
        if not chat.is_forum:
            del rights["can_manage_topics"]
        return base | rights
    if member.status == "restricted":
        allowed = dict.fromkeys(PERMISSIONS, member.can_send)
        return base | allowed | dict.fromkeys(OTHER_PERMISSIONS, False) | _restriction()
    if member.status == "kicked":
        return base | {"until_date": 0}
    return base


def _restriction() -> Json:
    return {"is_member": True, "until_date": 0}


def permissions(chat: Chat) -> Json:
    """ChatPermissions of a group: what its members may do."""
    names = (*PERMISSIONS, *OTHER_PERMISSIONS)
    return dict.fromkeys(names, not chat.muted) | {"can_manage_topics": chat.is_forum}


def full(chat: Chat) -> Json:
    """ChatFullInfo of a chat."""
    gifts = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels"
    info = chat.json() | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts.split(), False),
    }
    if not chat.private:
        info["permissions"] = permissions(chat)
    if chat.reactions is not None:
        info["available_reactions"] = [{"type": "emoji", "emoji": one} for one in chat.reactions]
    if chat.linked_chat_id is not None:
        info["linked_chat_id"] = chat.linked_chat_id
    if chat.protected:
        info["has_protected_content"] = True
    if pinned := chat.pins():
        info["pinned_message"] = pinned[0].view
    return info
