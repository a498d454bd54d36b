"""Places that move: https://core.telegram.org/bots/api#editmessagelivelocation."""

from __future__ import annotations

from sandbox.errors import bad_request
from sandbox.methods import contents, edits
from sandbox.model import Json, Message
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World


def _live(world: World, params: Params) -> Message:
    """A live location of the bot's; once it has ended it is an ordinary location."""
    message = edits.editable(world, params)
    period = message.view.get("location", {}).get("live_period")
    if period is None:
        raise bad_request("there is no live location in the message to edit")
    if world.clock.now() >= message.view["date"] + period:
        raise bad_request("message can't be edited")
    return message


@method(
    "editMessageLiveLocation",
    f"{edits.PLACE} latitude longitude live_period horizontal_accuracy heading "
    "proximity_alert_radius",
    ignored=edits.UNUSED,
    cost=one,
)
def edit_message_live_location(world: World, params: Params) -> Json:
    """#editmessagelivelocation: without a new live_period it remains unchanged."""
    place = contents.place(params)
    message = _live(world, params)
    live = {"live_period": message.view["location"]["live_period"]}
    return edits.apply(world, message, params, {"location": live | place}, ("location",))


@method("stopMessageLiveLocation", edits.PLACE, ignored=edits.UNUSED, cost=one)
def stop_message_live_location(world: World, params: Params) -> Json:
    """#stopmessagelivelocation: from then on the place says nothing of a period."""
    message = _live(world, params)
    where = message.view["location"]
    still = {name: where[name] for name in contents.STILL if name in where}
    return edits.apply(world, message, params, {"location": still}, ("location",))
