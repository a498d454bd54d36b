"""Getting updates: https://core.telegram.org/bots/api#getting-updates."""

from __future__ import annotations

from sandbox.errors import bad_request, conflict
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World

MOST = 100
# LONG_POLL_MAX_TIMEOUT of tdlib/telegram-bot-api.
LONGEST_POLL = 50


def _allow(world: World, params: Params) -> None:
    """`allowed_updates`: “If not specified, the previous setting will be used.”."""
    if "allowed_updates" not in params:
        return
    given = params.json("allowed_updates", "allowed updates")
    if given is not None:
        if not isinstance(given, list):
            raise bad_request("can't parse allowed updates: Array expected")
        world.updates.allowed = [str(kind) for kind in given]


@method("getUpdates", "offset limit timeout allowed_updates")
async def get_updates(world: World, params: Params) -> list[Json]:
    """#getupdates; limit and timeout are forced into their ranges."""
    _allow(world, params)
    limit = min(max(params.integer("limit", MOST), 1), MOST)
    seconds = min(max(params.integer("timeout"), 0), LONGEST_POLL)
    return await world.updates.get(params.integer("offset"), limit, seconds)


@method(
    "setWebhook",
    "url allowed_updates drop_pending_updates",
    ignored="certificate ip_address max_connections secret_token",
)
def set_webhook(world: World, params: Params) -> bool:
    """#setwebhook: the address is remembered, nothing is sent there."""
    url = params.text("url")
    if url and not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    _allow(world, params)
    return _webhook(world, params, url)


@method("deleteWebhook", "drop_pending_updates")
def delete_webhook(world: World, params: Params) -> bool:
    """#deletewebhook."""
    return _webhook(world, params, "")


def _webhook(world: World, params: Params, url: str) -> bool:
    if params.boolean("drop_pending_updates"):
        world.updates.clear()
    if url:
        world.updates.interrupt(conflict("terminated by setWebhook request"))
    world.updates.webhook = url
    return True


@method("getWebhookInfo")
def get_webhook_info(world: World, _params: Params) -> Json:
    """#getwebhookinfo."""
    view: Json = {
        "url": world.updates.webhook,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }
    return view | ({"allowed_updates": world.updates.allowed} if world.updates.allowed else {})
