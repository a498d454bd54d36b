"""Ending polls: https://core.telegram.org/bots/api#stoppoll."""

from __future__ import annotations

from sandbox import access
from sandbox.errors import bad_request
from sandbox.methods import edits
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World


@method("stopPoll", edits.PLACE, ignored="business_connection_id", cost=one)
def stop_poll(world: World, params: Params) -> Json:
    """#stoppoll; bots get “updates about manually stopped polls” (#update, poll)."""
    chat = access.changeable(world, params)
    message = access.message_of(chat, params.integer("message_id"), "stop")
    poll = message.view.get("poll")
    if poll is None:
        raise bad_request("message is not a poll")
    if message.author_id != world.bot.id or "forward_origin" in message.view:
        raise bad_request("poll can't be stopped")
    if poll["is_closed"]:
        raise bad_request("poll has already been closed")
    stopped = poll | {"is_closed": True}
    edits.apply(world, message, params, {"poll": stopped}, ("poll",))
    world.updates.put("poll", stopped)
    return dict(stopped)
