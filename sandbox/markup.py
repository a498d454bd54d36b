"""Keyboards: https://core.telegram.org/bots/api#inlinekeyboardbutton and #replykeyboardmarkup."""

from __future__ import annotations

from sandbox.errors import ApiError, bad_request
from sandbox.model import Json
from sandbox.params import Params
from sandbox.words import words

KINDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
# “You must use exactly one of the optional fields” (icon and style apart).
ACTIONS = frozenset(
    words(
        "url callback_data web_app login_url switch_inline_query switch_inline_query_current_chat "
        "switch_inline_query_chosen_chat copy_text callback_game pay disabled"
    )
)
# “Must be one of 'danger' (red), 'success' (green) or 'primary' (blue).”
STYLES = ("danger", "success", "primary")
# “The text to be copied to the clipboard; 1-256 characters” (#copytextbutton).
LONGEST_COPY = 256
# “Data to be sent in a callback query to the bot when the button is pressed, 1-64 bytes.”
LONGEST_DATA = 64
# MessageReplyMarkup of tdlib: more is REPLY_MARKUP_TOO_LONG.
MOST_BUTTONS = 100
LINKS = ("http://", "https://", "tg://", "tonsite://", "t.me/")


def read(params: Params, *, inline_only: bool = False) -> Json | None:
    """`reply_markup` as it will be shown, or None when there is none."""
    given = params.json("reply_markup", "reply keyboard markup")
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        raise bad_request("object expected as reply markup")
    kind = next((name for name in KINDS if name in given), None)
    if kind == "inline_keyboard":
        return _inline(given)
    if inline_only:
        raise bad_request("inline keyboard expected")
    return dict(given) if kind else None


def _inline(given: Json) -> Json | None:
    rows = given["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array')
    if strange := [name for name in given if name != "inline_keyboard"]:
        raise bad_request(f"the sandbox does not model {', '.join(strange)} of an inline keyboard")
    checked = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _refuse(text: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {text}")


def _button(button: object) -> Json:
    if not isinstance(button, dict):
        raise _refuse("expected an Object")
    if not button.get("text"):
        raise _refuse('field "text" must be non-empty')
    if not ACTIONS & button.keys():
        raise _refuse("Text buttons are unallowed in the inline keyboard")
    if button.get("style") not in {None, *STYLES}:
        raise _refuse("invalid button style specified")
    if "icon_custom_emoji_id" in button:
        raise bad_request("the sandbox does not model icon_custom_emoji_id of a button")
    if "copy_text" in button:
        _check_copy(button["copy_text"])
    if "callback_data" in button:
        size = len(str(button["callback_data"]).encode())
        if not 1 <= size <= LONGEST_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not str(url).startswith(LINKS) and "." not in str(url):
        reason = f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
        raise bad_request(reason)
    return dict(button)


def _check_copy(given: object) -> None:
    text = given.get("text") if isinstance(given, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST_COPY:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
