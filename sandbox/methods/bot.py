"""The bot itself: getMe and its commands (https://core.telegram.org/bots/api#setmycommands)."""

from __future__ import annotations

import json
import re

from sandbox import access
from sandbox.errors import bad_request
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World

SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
MOST_COMMANDS = 100
_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
LONGEST_DESCRIPTION = 256


@method("getMe")
def get_me(world: World, _params: Params) -> Json:
    """#getme: the fields that are “Returned only in getMe” included."""
    return world.bot.json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
        "supports_guest_queries": False,
        "supports_join_request_queries": False,
    }


def _scope(world: World, params: Params) -> str:
    """The scope as a canonical string; a chat that it names must exist."""
    given = params.json("scope", "BotCommandScope") or {"type": "default"}
    if not isinstance(given, dict) or given.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    named = SCOPES[given["type"]]
    if any(given.get(name) is None for name in named):
        raise bad_request(f"can't parse BotCommandScope: {named[0]} is empty")
    kept = {name: given[name] for name in ("type", *named)}
    if "chat_id" in named:
        chat = access.resolve(world, given["chat_id"])
        if chat is None:
            raise bad_request("chat not found")
        kept["chat_id"] = chat.id
    return json.dumps(kept, sort_keys=True)


def language_of(params: Params) -> str:
    """“A two-letter ISO 639-1 language code”, empty for everybody else."""
    language = params.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


def _key(world: World, params: Params) -> tuple[str, str]:
    return _scope(world, params), language_of(params)


def _command(given: object) -> Json:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(given.get("command", "")), str(given.get("description", ""))
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= LONGEST_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    alone = {"is_ephemeral": True} if given.get("is_ephemeral") is True else {}
    return {"command": name.removeprefix("/"), "description": description} | alone


@method("setMyCommands", "commands scope language_code")
def set_my_commands(world: World, params: Params) -> bool:
    """#setmycommands."""
    given = params.json("commands", "commands")
    if not isinstance(given, list):
        raise bad_request("can't parse commands: expected an Array of BotCommand")
    if len(given) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_key(world, params)] = [_command(item) for item in given]
    world.feed.put("commands", None)
    return True


@method("getMyCommands", "scope language_code")
def get_my_commands(world: World, params: Params) -> list[Json]:
    """#getmycommands: “If commands aren't set, an empty list is returned.”."""
    return world.commands.get(_key(world, params), [])


@method("deleteMyCommands", "scope language_code")
def delete_my_commands(world: World, params: Params) -> bool:
    """#deletemycommands."""
    world.commands.pop(_key(world, params), None)
    world.feed.put("commands", None)
    return True
