"""How the bot presents itself: its name, descriptions and menu button, by language.

https://core.telegram.org/bots/api#setmyname and what follows. What is asked for in a language
that has nothing of its own is what everybody sees.
"""

from __future__ import annotations

import functools

from sandbox import access
from sandbox.errors import bad_request
from sandbox.methods.bot import language_of
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World

# “0-64 characters”, “0-512 characters”, “0-120 characters”.
LONGEST = {"name": 64, "description": 512, "short_description": 120}
METHODS = {"name": "MyName", "description": "MyDescription"}
METHODS |= {"short_description": "MyShortDescription"}
MENU_BUTTONS = frozenset({"default", "commands", "web_app"})


def _set(what: str, world: World, params: Params) -> bool:
    """#setmyname and its like: “Pass an empty string to remove”."""
    key, text = (what, language_of(params)), params.text(what).strip()
    if len(text) > LONGEST[what]:
        raise bad_request(f"{what.replace('_', ' ')} is too long")
    world.profile.pop(key, None)
    if text:
        world.profile[key] = text
    if text and key == ("name", ""):
        world.bot.first_name = text
    world.feed.put("user", world.bot.id)
    return True


def _get(what: str, world: World, params: Params) -> Json:
    """#getmyname and its like."""
    default = world.bot.first_name if what == "name" else ""
    everybodys = world.profile.get((what, ""), default)
    return {what: world.profile.get((what, language_of(params)), everybodys)}


for _what, _name in METHODS.items():
    method(f"set{_name}", f"{_what} language_code")(functools.partial(_set, _what))
    method(f"get{_name}", "language_code")(functools.partial(_get, _what))


def _menu_chat(world: World, params: Params) -> int:
    """The private chat that is meant, 0 for the default of all."""
    if not params.text("chat_id"):
        return 0
    chat = access.chat_named(world, params)
    if not chat.private:
        raise bad_request("invalid chat_id specified")
    return chat.id


@method("setChatMenuButton", "chat_id menu_button")
def set_chat_menu_button(world: World, params: Params) -> bool:
    """#setchatmenubutton."""
    button = params.json("menu_button", "MenuButton") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in MENU_BUTTONS:
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    if button["type"] == "web_app" and not {"text", "web_app"} <= button.keys():
        raise bad_request("can't parse menu button: text and web_app must be there")
    world.menu_buttons[_menu_chat(world, params)] = button
    return True


@method("getChatMenuButton", "chat_id")
def get_chat_menu_button(world: World, params: Params) -> Json:
    """#getchatmenubutton: default means “no specific value for the menu button was set”."""
    return world.menu_buttons.get(_menu_chat(world, params), {"type": "default"})
