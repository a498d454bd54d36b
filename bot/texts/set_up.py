"""What staff and the operator read about how the bot and the group are set up."""

from collections.abc import Sequence
from datetime import timedelta

from babel.dates import format_timedelta

from bot.i18n import gettext as _
from bot.i18n import spoken


def heading() -> str:
    return _("How the bot and this group are set up:")


def rest() -> str:
    """Say where the operator looks after what is not the group's business."""
    return _("Operator: python main.py doctor also checks the machine and the database.")


def clock_right() -> str:
    return _("The clock is right.")


def clock_wrong(ahead: timedelta) -> str:
    time = format_timedelta(abs(ahead), locale=spoken())
    if ahead > timedelta(0):
        return _("The clock of the bot's machine is fast: {time}.").format(time=time)
    return _("The clock of the bot's machine is slow: {time}.").format(time=time)


def set_the_clock() -> str:
    return _("Operator: set the clock, best by NTP.")


def joins_no_groups() -> str:
    return _("The bot can't be added to groups.")


def let_it_join() -> str:
    return _("Allow it at @BotFather: /setjoingroups, then Enable.")


def private_topics_on() -> str:
    return _("Users' chats with the bot have topics, and the bot writes outside of these.")


def turn_private_topics_off() -> str:
    return _("Turn topics in private chats off at @BotFather.")


def basic_group() -> str:
    return _("This is a basic group.")


def supergroup() -> str:
    return _("This is a supergroup.")


def tickets_in_general() -> str:
    return _("This is a group with topics; tickets are in General.")


def has_topics() -> str:
    return _("This is a group with topics.")


def tickets_have_topics() -> str:
    return _("Each open ticket has a topic of its own.")


def tickets_could_have_topics() -> str:
    return _("Each ticket could have a topic of its own: /settings, Cards or topics.")


def topics_off() -> str:
    return _("Tickets can't have topics: they are off in this group.")


def turn_topics_on() -> str:
    return _("Turn topics on in the group's settings.")


def may_not_manage_topics() -> str:
    return _("Tickets can't have topics: the bot may not manage them.")


def allow_topics() -> str:
    return _("Make the bot an administrator with the right to manage topics.")


def may_write() -> str:
    return _("The bot may write here.")


def may_not_write() -> str:
    return _("The bot may not write here.")


def may_not_send(kinds: Sequence[str]) -> str:
    words = _("The bot may not send these here, so you don't get them from users: {kinds}.")
    return words.format(kinds=", ".join(kinds))


def allow_or_promote() -> str:
    return _("Allow it to members, or make the bot an administrator.")


def lift_restriction() -> str:
    return _("Lift the bot's restriction, or make it an administrator.")


def only_asker_sees() -> str:
    return _("Only whoever asks sees the answers to /tickets, /help and /settings.")


def only_asker_sees_mostly() -> str:
    return _(
        "Only whoever asks sees the answers to /tickets, /help and /settings, "
        "but with older apps everybody here does."
    )


def promote_for_whispers() -> str:
    return _("Make the bot an administrator; it needs no particular right.")


def is_administrator() -> str:
    return _("The bot is an administrator.")


def is_member() -> str:
    return _("The bot is an ordinary member.")


def sees_every_command() -> str:
    return _("Every command reaches the bot.")


def privacy_mode(username: str) -> str:
    return _(
        "Privacy mode is on. Replies to the bot and /tickets@{username} always reach it, "
        "a bare /tickets only if it wrote last."
    ).format(username=username)


def promote_for_commands() -> str:
    return _("To use bare commands, make the bot an administrator; it needs no particular right.")


def only_members() -> str:
    return _("Only members can read and write here.")


def is_public() -> str:
    return _("The group is public: anybody can read what users write. Only members can answer.")


def is_linked() -> str:
    return _(
        "The group is linked to a channel: the channel's readers can read what users write. "
        "Only members can answer."
    )


def make_private() -> str:
    return _("Make the group private.")


def unlink() -> str:
    return _("Unlink the channel.")


def or_promote() -> str:
    return _(
        "At least make the bot an administrator: otherwise Telegram may not tell it "
        "who is a member, and answers have to wait."
    )


def reactions_allowed() -> str:
    return _("The bot's reactions are allowed here.")


def reactions_forbidden(emoji: Sequence[str]) -> str:
    return _(
        "These reactions aren't allowed here: {emoji}. With 👍 the bot says that an answer has "
        "arrived, with ✍ that a note is kept, with 👌 that a command is done."
    ).format(emoji=" ".join(emoji))


def allow_reactions() -> str:
    return _("Allow them in the group's settings.")


def board_pinned() -> str:
    return _("The board can be pinned.")


def board_unpinned() -> str:
    return _("The bot may not pin messages here, so the board stands unpinned.")


def allow_pinning() -> str:
    return _("Make the bot an administrator who may pin messages.")


def cards_unpinned() -> str:
    return _(
        "Cards are not pinned in their topics: the bot needs the rights to pin and to delete "
        "messages for that."
    )


def allow_pinning_cards() -> str:
    return _("Give the bot the rights to pin messages and to delete messages.")


def topics_not_deleted() -> str:
    return _("Old topics are not deleted: the bot may not delete messages.")


def allow_deleting() -> str:
    return _("Give the bot the right to delete messages.")


def slow_mode() -> str:
    return _("Slow mode is on, and may hold up what the bot writes.")


def turn_slow_mode_off() -> str:
    return _("Turn slow mode off, or make the bot an administrator.")


def content_protected() -> str:
    return _(
        "The group's content is protected: what can't be copied from here reaches users "
        "another way, or only as a description."
    )


def allow_saving() -> str:
    return _("Allow members to save content.")


def kinds() -> dict[str, str]:
    """Name what a permission of Telegram's allows to send."""
    return {
        "can_send_photos": _("photos"),
        "can_send_videos": _("videos"),
        "can_send_documents": _("files"),
        "can_send_audios": _("music"),
        "can_send_voice_notes": _("voice messages"),
        "can_send_video_notes": _("video messages"),
        "can_send_other_messages": _("stickers and GIFs"),
        "can_send_polls": _("polls"),
    }
