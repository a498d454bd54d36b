"""What the bot may do in a group, by what Telegram says of it as a member."""

from aiogram.types import ChatMemberAdministrator, ResultChatMemberUnion

from services.helpdesk.staff_rights import Rights


def rights_of(member: ResultChatMemberUnion) -> Rights:
    """Read them; whoever is no administrator has none of these."""
    if not isinstance(member, ChatMemberAdministrator):
        return Rights()
    return Rights(bool(member.can_pin_messages), member.can_delete_messages)
