"""The bot itself, as Telegram knows it, and its clock."""

from collections.abc import Iterator
from datetime import timedelta

from bot.checkup.facts import BotFacts
from bot.checkup.line import Line, advice, ok, wrong
from bot.texts import set_up

# How far our clock may be off: Telegram's is read to a second, after the way there and back.
CLOCK_MAY_BE_OFF = timedelta(seconds=30)


def look(bot: BotFacts) -> Iterator[Line]:
    """Say how the clock is, and what is unusual about the bot."""
    if bot.ahead is not None:
        if abs(bot.ahead) > CLOCK_MAY_BE_OFF:
            yield wrong("clock", set_up.clock_wrong(bot.ahead), set_up.set_the_clock())
        else:
            yield ok("clock", set_up.clock_right())
    if bot.me.can_join_groups is False:
        yield advice("can_join_groups", set_up.joins_no_groups(), set_up.let_it_join())
    if bot.me.has_topics_enabled:
        yield advice(
            "has_topics_enabled", set_up.private_topics_on(), set_up.turn_private_topics_off()
        )
