"""sendMessage: https://core.telegram.org/bots/api#sendmessage."""

from __future__ import annotations

from sandbox import ephemeral, posting
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World


@method(
    "sendMessage",
    f"{ephemeral.COMMON} text parse_mode entities link_preview_options",
    ignored=posting.IGNORED,
    cost=one,
)
def send_message(world: World, params: Params) -> Json:
    """#sendmessage."""
    content = posting.text_of(world, params)
    options = params.json("link_preview_options", "link preview options")
    if options:
        content["link_preview_options"] = options
    return ephemeral.send(world, params, "text", content).view
