"""Changing ephemeral messages: https://core.telegram.org/bots/api#editephemeralmessagetext.

They have methods of their own, which answer with True. “It is not guaranteed that the user will
receive the message edit event”.
"""

from __future__ import annotations

from sandbox import ephemeral, media, posting, units
from sandbox.errors import bad_request
from sandbox.methods import edits
from sandbox.methods.contents import item_content
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World

PLACE = "chat_id receiver_user_id ephemeral_message_id"
# tdlib/telegram-bot-api#881: an edit refuses a longer text, although it may be sent.
LONGEST = 1024


@method(
    "editEphemeralMessageText",
    f"{PLACE} reply_markup text parse_mode entities link_preview_options",
    cost=one,
)
def edit_text(world: World, params: Params) -> bool:
    """#editephemeralmessagetext."""
    if "rich_message" in params:
        raise bad_request("the sandbox does not model rich_message of an edit")
    content = posting.text_of(world, params)
    if units.length(content["text"]) > LONGEST:
        raise bad_request("MEDIA_CAPTION_TOO_LONG")
    message = ephemeral.sent_by_bot(world, params)
    if "text" not in message.view:
        raise bad_request("there is no text in the message to edit")
    options = params.json("link_preview_options", "link preview options")
    if options:
        content["link_preview_options"] = options
    edits.apply(world, message, params, content, edits.TEXT)
    return True


@method(
    "editEphemeralMessageCaption",
    f"{PLACE} reply_markup {posting.CAPTION} show_caption_above_media",
    cost=one,
)
def edit_caption(world: World, params: Params) -> bool:
    """#editephemeralmessagecaption."""
    content = posting.caption_of(world, params)
    message = ephemeral.sent_by_bot(world, params)
    if not media.CAPTIONED & message.view.keys():
        raise bad_request("there is no caption in the message to edit")
    edits.apply(world, message, params, content, edits.CAPTION)
    return True


@method("editEphemeralMessageReplyMarkup", f"{PLACE} reply_markup", cost=one)
def edit_reply_markup(world: World, params: Params) -> bool:
    """#editephemeralmessagereplymarkup."""
    edits.apply(world, ephemeral.sent_by_bot(world, params), params, {}, ())
    return True


@method("editEphemeralMessageMedia", f"{PLACE} reply_markup media", cost=one)
def edit_media(world: World, params: Params) -> bool:
    """#editephemeralmessagemedia."""
    given = params.json("media", "media")
    if not isinstance(given, dict):
        raise bad_request("can't parse InputMedia: Object expected")
    message = ephemeral.sent_by_bot(world, params)
    if not set(media.FILE_KINDS) & message.view.keys() and "text" not in message.view:
        raise bad_request("message can't be edited")
    edits.apply(world, message, params, item_content(world, params, given), edits.MEDIA)
    return True


@method("deleteEphemeralMessage", PLACE)
def delete(world: World, params: Params) -> bool:
    """#deleteephemeralmessage."""
    world.delete(ephemeral.sent_by_bot(world, params))
    return True
