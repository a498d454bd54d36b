"""Answering pressed buttons: https://core.telegram.org/bots/api#answercallbackquery."""

from __future__ import annotations

from sandbox import units
from sandbox.errors import bad_request
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World

# Telegram names no number; reports put the end of a query's life at about a minute.
LIFETIME_SECONDS = 60
# “Text of the notification … 0-200 characters.”
LONGEST_ANSWER = 200


@method("answerCallbackQuery", "callback_query_id text show_alert url", ignored="cache_time")
def answer_callback_query(world: World, params: Params) -> bool:
    """#answercallbackquery: free of the limits (tdlib/telegram-bot-api#648)."""
    query = world.callbacks.get(params.text("callback_query_id"))
    if query is None or world.clock.now() - query.at > LIFETIME_SECONDS:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if units.length(params.text("text")) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answer = {"text": params.text("text"), "show_alert": params.boolean("show_alert")}
    world.feed.put(
        "callback_answer", None, query_id=query.id, person_id=query.person_id, **query.answer
    )
    return True
