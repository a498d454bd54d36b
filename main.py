"""support-bot, a helpdesk on Telegram. Without a command it runs the bot."""

import argparse
import asyncio
import sys
from argparse import Namespace

import structlog

from core import config, logging
from core.clock import utcnow
from core.heartbeat import Heartbeat, default_folder
from core.version import version

# aiogram takes seconds to import, so each command imports what it needs when it runs.

MISCONFIGURED = 2

log = structlog.get_logger("main")


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 2 if an operator has to put something right."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except config.ConfigError as error:
        return _complain(error)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description=__doc__)
    parser.add_argument("--version", action="version", version=f"support-bot {version()}")
    parser.set_defaults(command=_run)
    commands = parser.add_subparsers(title="commands", metavar="")
    for name, command, what_it_does in (
        ("run", _run, "run the bot until SIGTERM or Ctrl-C"),
        ("chats", _chats, "print the ids of the chats that wrote to the bot, for STAFF_CHAT_ID"),
        ("health", _health, "exit with 0 if the bot on this machine is alive, with 1 if not"),
        ("check", _check, "look whether everything in the database fits together"),
        ("replay", _replay, "handle again, after a fix, the updates that could not be handled"),
    ):
        commands.add_parser(name, help=what_it_does).set_defaults(command=command)
    return parser


def _run(_options: Namespace) -> int:
    settings = config.load(config.Settings)
    _configure_logging(settings)
    log.info("support-bot", version=version(), bot=settings.bot_id, **config.changed(settings))
    from bot import app
    from bot.startup import ForeignDatabase
    from database.errors import FileNotOurs
    from database.schema import DatabaseNotAtHead

    try:
        asyncio.run(app.run(settings))
    except (app.CannotStart, ForeignDatabase, DatabaseNotAtHead, FileNotOurs) as error:
        return _complain(error)
    return 0


def _chats(_options: Namespace) -> int:
    settings = config.load(config.BotSettings)
    _configure_logging(settings)
    from bot import app, chats

    try:
        lines = asyncio.run(chats.listed(settings))
    except app.CannotStart as error:
        return _complain(error)
    print(*lines, sep="\n")
    return 0


def _health(_options: Namespace) -> int:
    settings = config.load(config.BotSettings)
    ill = Heartbeat(default_folder(settings.bot_id)).ill(utcnow())
    print(f"no heartbeat: {', '.join(ill)}" if ill else "healthy")
    return 1 if ill else 0


def _replay(_options: Namespace) -> int:
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


def _check(_options: Namespace) -> int:
    settings = config.load(config.DatabaseSettings)
    _configure_logging(settings)
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


def _configure_logging(settings: config.DatabaseSettings) -> None:
    logging.configure(settings.log_level, settings.log_format, settings.secrets)
    for stray in config.strays():
        log.warning("ignored", reason=str(stray))


def _complain(error: BaseException | str) -> int:
    print(error, file=sys.stderr)
    return MISCONFIGURED


if __name__ == "__main__":
    sys.exit(main())
