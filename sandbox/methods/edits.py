"""Editing what the bot sent: https://core.telegram.org/bots/api#updating-messages."""

from __future__ import annotations

from sandbox import access, markup, media, posting
from sandbox.errors import bad_request
from sandbox.methods.contents import item_content
from sandbox.model import Json, Message
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World

PLACE = "chat_id message_id reply_markup"
UNUSED = "business_connection_id inline_message_id"
TEXT = ("text", "entities", "link_preview_options")
CAPTION = ("caption", "caption_entities", "show_caption_above_media")
MEDIA = (*media.FILE_KINDS, *CAPTION, *TEXT, "has_media_spoiler")


def editable(world: World, params: Params) -> Message:
    """The message, if it is the bot's own and no service message."""
    if "chat_id" not in params and "inline_message_id" in params:
        raise bad_request("MESSAGE_ID_INVALID")
    chat = access.changeable(world, params)
    message = access.message_of(chat, params.integer("message_id"), "edit")
    if message.author_id != world.bot.id or message.service:
        raise bad_request("message can't be edited")
    return message


def apply(
    world: World, message: Message, params: Params, content: Json, gone: tuple[str, ...]
) -> Json:
    """Replace the fields `gone` by `content` and the keyboard by the one passed.

    An edit without reply_markup removes the keyboard, as on Telegram.
    """
    keyboard = markup.read(params, inline_only=True)
    old = {key: value for key, value in message.view.items() if key != "edit_date"}
    new = {key: value for key, value in old.items() if key not in {*gone, "reply_markup"}}
    new |= content | ({"reply_markup": keyboard} if keyboard else {})
    if new == old:
        raise posting.not_modified()
    message.keyboard = keyboard
    world.change(message, new, by_bot=True)
    return message.view


@method(
    "editMessageText",
    f"{PLACE} text parse_mode entities link_preview_options",
    ignored=f"{UNUSED} rich_message",
    cost=one,
)
def edit_message_text(world: World, params: Params) -> Json:
    """#editmessagetext."""
    content = posting.text_of(world, params)
    message = editable(world, params)
    if "text" not in message.view:
        raise bad_request("there is no text in the message to edit")
    options = params.json("link_preview_options", "link preview options")
    if options:
        content["link_preview_options"] = options
    return apply(world, message, params, content, TEXT)


@method(
    "editMessageCaption",
    f"{PLACE} {posting.CAPTION} show_caption_above_media",
    ignored=UNUSED,
    cost=one,
)
def edit_message_caption(world: World, params: Params) -> Json:
    """#editmessagecaption."""
    content = posting.caption_of(world, params)
    message = editable(world, params)
    if not media.CAPTIONED & message.view.keys():
        raise bad_request("there is no caption in the message to edit")
    return apply(world, message, params, content, CAPTION)


@method("editMessageReplyMarkup", PLACE, ignored=UNUSED, cost=one)
def edit_message_reply_markup(world: World, params: Params) -> Json:
    """#editmessagereplymarkup."""
    return apply(world, editable(world, params), params, {}, ())


@method("editMessageMedia", f"{PLACE} media", ignored=UNUSED, cost=one)
def edit_message_media(world: World, params: Params) -> Json:
    """#editmessagemedia: an album's items keep their kind."""
    given = params.json("media", "media")
    if not isinstance(given, dict):
        raise bad_request("can't parse InputMedia: Object expected")
    message = editable(world, params)
    if not set(media.FILE_KINDS) & message.view.keys() and "text" not in message.view:
        raise bad_request("message can't be edited")
    content = item_content(world, params, given)
    return apply(world, message, params, content, MEDIA)
