"""The General topic of a forum: https://core.telegram.org/bots/api#editgeneralforumtopic.

Its messages carry no thread. What changes it comes as a service message in it.
"""

from __future__ import annotations

from sandbox import access
from sandbox.errors import bad_request
from sandbox.methods import topics
from sandbox.model import Chat, Json
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World


@method("editGeneralForumTopic", "chat_id name")
def edit_general_forum_topic(world: World, params: Params) -> bool:
    """#editgeneralforumtopic."""
    chat, name = access.forum(world, params), topics.name_of(params)
    if name == chat.general.name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.general.name = name
    return _tell(world, chat, {"forum_topic_edited": {"name": name}})


@method("closeGeneralForumTopic", "chat_id")
def close_general_forum_topic(world: World, params: Params) -> bool:
    """#closegeneralforumtopic."""
    chat = access.forum(world, params)
    if chat.general.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.general.closed = True
    return _tell(world, chat, {"forum_topic_closed": {}})


@method("reopenGeneralForumTopic", "chat_id")
def reopen_general_forum_topic(world: World, params: Params) -> bool:
    """#reopengeneralforumtopic: “automatically unhidden if it was hidden”."""
    chat = access.forum(world, params)
    if not chat.general.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.general.closed = chat.general.hidden = False
    return _tell(world, chat, {"forum_topic_reopened": {}})


@method("hideGeneralForumTopic", "chat_id")
def hide_general_forum_topic(world: World, params: Params) -> bool:
    """#hidegeneralforumtopic: “automatically closed if it was open”."""
    chat = access.forum(world, params)
    if chat.general.hidden:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.general.closed = chat.general.hidden = True
    return _tell(world, chat, {"general_forum_topic_hidden": {}})


@method("unhideGeneralForumTopic", "chat_id")
def unhide_general_forum_topic(world: World, params: Params) -> bool:
    """#unhidegeneralforumtopic."""
    chat = access.forum(world, params)
    if not chat.general.hidden:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.general.hidden = False
    return _tell(world, chat, {"general_forum_topic_unhidden": {}})


def _tell(world: World, chat: Chat, what: Json) -> bool:
    world.add_message(chat, world.bot, what, service=True)
    return True
