"""The General topic of a forum: https://core.telegram.org/bots/api#editgeneralforumtopic.

Its messages carry no thread. What changes it comes as a service message in it.
"""

from __future__ import annotations

from sandbox import access, topics
from sandbox.model import Chat
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World


def _managed(world: World, params: Params, what: str) -> Chat:
    chat = access.forum(world, params)
    access.check_may_change(world, chat, chat.general, what)
    return chat


@method("editGeneralForumTopic", "chat_id name")
def edit_general_forum_topic(world: World, params: Params) -> bool:
    """#editgeneralforumtopic."""
    chat = _managed(world, params, "edit")
    topics.edit(world, chat, chat.general, world.bot, name=params.text("name"))
    return True


@method("closeGeneralForumTopic", "chat_id")
def close_general_forum_topic(world: World, params: Params) -> bool:
    """#closegeneralforumtopic."""
    return _close(world, params, closed=True)


@method("reopenGeneralForumTopic", "chat_id")
def reopen_general_forum_topic(world: World, params: Params) -> bool:
    """#reopengeneralforumtopic: “automatically unhidden if it was hidden”."""
    return _close(world, params, closed=False)


def _close(world: World, params: Params, *, closed: bool) -> bool:
    chat = _managed(world, params, "close or open")
    topics.close(world, chat, chat.general, world.bot, closed=closed)
    return True


@method("hideGeneralForumTopic", "chat_id")
def hide_general_forum_topic(world: World, params: Params) -> bool:
    """#hidegeneralforumtopic: “automatically closed if it was open”."""
    topics.hide(world, _managed(world, params, "close or open"), world.bot, hidden=True)
    return True


@method("unhideGeneralForumTopic", "chat_id")
def unhide_general_forum_topic(world: World, params: Params) -> bool:
    """#unhidegeneralforumtopic."""
    topics.hide(world, _managed(world, params, "close or open"), world.bot, hidden=False)
    return True
