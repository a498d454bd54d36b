"""A staff chat: what it is, who reads and writes there, and what the bot may do."""

from collections.abc import Iterator

from aiogram.types import (
    ChatFullInfo,
    ChatMemberAdministrator,
    ChatMemberOwner,
    ChatMemberRestricted,
    ReactionTypeEmoji,
)

from bot.checkup.facts import BotFacts, GroupFacts
from bot.checkup.line import Line, advice, ok, wrong
from bot.reading.own_rights import rights_of
from bot.texts import set_up
from core.team import StaffMode

# What the bot reacts with (bot/wording/reactions.py).
REACTIONS = ("👍", "✍", "👌")


def look(
    bot: BotFacts,
    group: GroupFacts,
    *,
    mode: StaffMode | None = None,
    is_main: bool = True,
    has_board: bool = False,
    deletes_topics: bool = False,
) -> Iterator[Line]:
    """Say how each thing is that the bot's work depends on; the rare ones only if they are so."""
    yield ok("kind", _kind(group.chat, mode))
    yield from _topics(group, mode, is_main=is_main)
    yield _writing(group)
    yield ok("administrator", set_up.is_administrator() if _is_admin(group) else set_up.is_member())
    yield _commands(bot, group)
    yield _whispers(group)
    yield _access(group)
    yield _reactions(group)
    if has_board:
        yield _board(group)
    if deletes_topics and not rights_of(group.member).may_delete:
        yield wrong("old_topics", set_up.topics_not_deleted(), set_up.allow_deleting())
    if group.chat.slow_mode_delay and not _is_admin(group):
        yield advice("slow_mode", set_up.slow_mode(), set_up.turn_slow_mode_off())
    if group.chat.has_protected_content:
        yield advice("protected_content", set_up.content_protected(), set_up.allow_saving())


def _kind(chat: ChatFullInfo, mode: StaffMode | None) -> str:
    if chat.is_forum:
        return set_up.has_topics() if mode is StaffMode.FORUM else set_up.tickets_in_general()
    return set_up.basic_group() if chat.type == "group" else set_up.supergroup()


def topics_lack(group: GroupFacts) -> list[tuple[str, str]]:
    """List why tickets can't have topics here, with what to do about it."""
    member, lack = group.member, []
    if not group.chat.is_forum:
        lack.append((set_up.topics_off(), set_up.turn_topics_on()))
    if not (isinstance(member, ChatMemberAdministrator) and member.can_manage_topics):
        lack.append((set_up.may_not_manage_topics(), set_up.allow_topics()))
    return lack


def _topics(group: GroupFacts, mode: StaffMode | None, *, is_main: bool) -> Iterator[Line]:
    """Say whether tickets have topics, where they are to have some, or could."""
    lack = topics_lack(group)
    if mode is StaffMode.FORUM:
        yield from (wrong("topics", said, cure) for said, cure in lack)
        if not lack:
            yield ok("topics", set_up.tickets_have_topics())
        if not (rights_of(group.member).may_pin and rights_of(group.member).may_delete):
            yield advice("pinned_cards", set_up.cards_unpinned(), set_up.allow_pinning_cards())
    elif mode is StaffMode.PLAIN and is_main and not lack:
        yield ok("topics", set_up.tickets_could_have_topics())


def _writing(group: GroupFacts) -> Line:
    restricted = isinstance(group.member, ChatMemberRestricted)
    cure = set_up.lift_restriction() if restricted else set_up.allow_or_promote()
    if not _may(group, "can_send_messages"):
        return wrong("writing", set_up.may_not_write(), cure)
    missing = [words for name, words in set_up.kinds().items() if not _may(group, name)]
    if missing:
        return wrong("writing", set_up.may_not_send(missing), cure)
    return ok("writing", set_up.may_write())


def _commands(bot: BotFacts, group: GroupFacts) -> Line:
    if bot.me.can_read_all_group_messages or _is_admin(group):
        return ok("privacy_mode", set_up.sees_every_command())
    words = set_up.privacy_mode(bot.me.username or "")
    return advice("privacy_mode", words, set_up.promote_for_commands())


def _whispers(group: GroupFacts) -> Line:
    """An administrator may whisper without an ephemeral command, which older apps don't send."""
    if _is_admin(group):
        return ok("whispers", set_up.only_asker_sees())
    words = set_up.only_asker_sees_mostly()
    return advice("whispers", words, set_up.promote_for_whispers())


def _access(group: GroupFacts) -> Line:
    chat = group.chat
    if chat.username or chat.active_usernames:
        words, cure = set_up.is_public(), set_up.make_private()
    elif chat.linked_chat_id is not None:
        words, cure = set_up.is_linked(), set_up.unlink()
    else:
        return ok("access", set_up.only_members())
    if _is_admin(group):
        return advice("access", words, cure)
    return wrong("access", words, f"{cure} {set_up.or_promote()}")


def _reactions(group: GroupFacts) -> Line:
    allowed = group.chat.available_reactions
    known = {one.emoji for one in allowed or () if isinstance(one, ReactionTypeEmoji)}
    missing = [one for one in REACTIONS if allowed is not None and one not in known]
    if not _may(group, "can_react_to_messages"):
        missing = list(REACTIONS)
    if missing:
        return advice("reactions", set_up.reactions_forbidden(missing), set_up.allow_reactions())
    return ok("reactions", set_up.reactions_allowed())


def may_pin(group: GroupFacts) -> bool:
    """Whether the bot may pin messages."""
    return rights_of(group.member).may_pin


def _board(group: GroupFacts) -> Line:
    if may_pin(group):
        return ok("board", set_up.board_pinned())
    return advice("board", set_up.board_unpinned(), set_up.allow_pinning())


def _is_admin(group: GroupFacts) -> bool:
    return isinstance(group.member, ChatMemberAdministrator | ChatMemberOwner)


def _may(group: GroupFacts, right: str) -> bool:
    """Whether neither the group nor a restriction of the bot forbids it."""
    if _is_admin(group):
        return True
    limits = [group.chat.permissions, group.member]
    return all(getattr(limit, right, None) is not False for limit in limits)
