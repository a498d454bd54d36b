"""Why a message did not arrive, in the words of whoever reads it."""

from bot.i18n import gettext as _
from services.delivery import failures


def worded(reason: str) -> str:
    """Word why something failed; what Telegram says otherwise is quoted."""
    ours = {
        failures.NOT_WORDED: _("the message could not be prepared"),
        failures.NOT_WRITTEN_DOWN: _("the result could not be saved"),
    }
    if reason in ours:
        return ours[reason]
    said = reason.lower()
    for signs, words in _telegrams_reasons().items():
        if any(sign in said for sign in signs):
            return words
    bare = reason.removeprefix("Bad Request: ").removeprefix("Forbidden: ")
    return _("Telegram refused: {words}").format(words=bare)


def _telegrams_reasons() -> dict[tuple[str, ...], str]:
    """Word Telegram's usual refusals, known by a part of what it says; the first that fits counts.

    The parts are those of bot/outgoing/telegram_errors.py, in lower case.
    """
    return {
        ("bot was blocked by the user", "user_is_blocked"): _("the user has blocked the bot"),
        ("user is deactivated", "user_deactivated"): _("the user's account was deleted"),
        ("can't initiate conversation",): _("the user has not started the bot"),
        ("chat not found", "user not found", "peer_id_invalid"): _("Telegram can't find this chat"),
        ("group is deactivated", "group chat was deactivated", "channel_private"): _(
            "the group no longer exists"
        ),
        ("bot was kicked", "bot is not a member"): _("the bot is no longer in the group"),
        ("voice_messages_forbidden",): _("the user does not accept voice and video messages"),
        (
            "not enough rights to send text",
            "have no rights to send",
            "chat_write_forbidden",
            "need administrator rights",
            "chat_admin_required",
            "chat_restricted",
        ): _("the bot isn't allowed to write there"),
        ("not enough rights to send", "chat_send_"): _("this kind of message is not allowed there"),
        ("topic_closed", "topic_deleted", "message thread not found"): _(
            "the topic is closed or gone"
        ),
        ("caption is too long", "caption_too_long"): _("the caption is too long"),
        ("message is too long", "message_too_long"): _("the text is too long"),
        ("message text is empty", "text must be non-empty"): _("the message is empty"),
        ("file is too big", "entity too large"): _("the file is too large"),
        ("wrong file identifier", "wrong remote file", "file_reference_"): _(
            "the file is no longer available"
        ),
        ("photo_invalid_dimensions", "image_process_failed"): _("the picture can't be processed"),
        ("message to copy not found", "message to forward not found"): _(
            "the original was deleted"
        ),
        ("can't be copied",): _("Telegram doesn't allow this to be copied"),
        ("message to edit not found", "message can't be edited"): _("it can't be edited any more"),
        ("message can't be deleted",): _("it can't be deleted any more"),
        ("message to be replied not found", "reply message not found"): _(
            "the message it replies to was deleted"
        ),
        ("can't parse entities", "entity_"): _("Telegram does not accept the formatting"),
        ("telegramservererror", "telegramnetworkerror", "answer is not telegram's"): _(
            "Telegram gave no answer"
        ),
    }
