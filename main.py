"""support-bot: `python main.py` runs it; the other commands are for the operator."""

import argparse
import asyncio
import sys

from core import config, logging
from core.clock import utcnow
from core.heartbeat import Heartbeat, default_folder

# aiogram takes seconds to import, so each command imports what it needs when it runs.

MISCONFIGURED = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 2 if an operator has to put something right."""
    parser = argparse.ArgumentParser(prog="main.py", description=__doc__)
    commands = {
        "run": _run,
        "chats": _chats,
        "health": _health,
        "replay": _replay,
        "check": _check,
    }
    parser.add_argument("command", nargs="?", default="run", choices=commands)
    command = commands[parser.parse_args(arguments).command]
    try:
        return command()
    except config.ConfigError as error:
        return _complain(error)


def _run() -> int:
    settings = config.load(config.Settings)
    _configure_logging(settings)
    from bot import app
    from bot.startup import ForeignDatabase
    from database.schema import DatabaseNotAtHead

    try:
        asyncio.run(app.run(settings))
    except (app.CannotStart, ForeignDatabase, DatabaseNotAtHead) as error:
        return _complain(error)
    return 0


def _chats() -> int:
    settings = config.load(config.BotSettings)
    _configure_logging(settings)
    from bot import app, chats

    try:
        lines = asyncio.run(chats.listed(settings))
    except app.CannotStart as error:
        return _complain(error)
    print(*lines, sep="\n")
    return 0


def _health() -> int:
    settings = config.load(config.BotSettings)
    ill = Heartbeat(default_folder(settings.bot_id)).ill(utcnow())
    print(f"no heartbeat: {', '.join(ill)}" if ill else "healthy")
    return 1 if ill else 0


def _replay() -> int:
    settings = config.load(config.Settings)
    _configure_logging(settings)
    from bot import replaying
    from bot.startup import ForeignDatabase
    from database.schema import DatabaseNotAtHead

    try:
        left = asyncio.run(replaying.replay(settings, say=print))
    except (DatabaseNotAtHead, ForeignDatabase) as error:
        return _complain(error)
    return 1 if left else 0


def _check() -> int:
    settings = config.load(config.DatabaseSettings)
    logging.configure(settings.log_level, settings.log_format)
    from database.errors import is_outage
    from database.schema import DatabaseNotAtHead
    from services import checking

    try:
        wrong = asyncio.run(checking.check(settings.async_url, now=utcnow(), say=print))
    except DatabaseNotAtHead as error:
        return _complain(error)
    except Exception as error:
        if not is_outage(error):
            raise
        return _complain(f"The database cannot be read: {type(error).__name__}.")
    return 1 if wrong else 0


def _configure_logging(settings: config.BotSettings) -> None:
    token = settings.bot_token.get_secret_value()
    logging.configure(settings.log_level, settings.log_format, secrets=[token])


def _complain(error: BaseException | str) -> int:
    print(error, file=sys.stderr)
    return MISCONFIGURED


if __name__ == "__main__":
    sys.exit(main())
