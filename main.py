"""support-bot, a helpdesk on Telegram. Without a command it runs the bot."""

import argparse
import asyncio
import sys
from argparse import Namespace
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from core import config, logging, process
from core.clock import utcnow
from core.heartbeat import Heartbeat, folder_for
from core.version import version

# aiogram takes seconds to import, so each command imports what it needs when it runs.

MISCONFIGURED = 2
INTERRUPTED = 130  # what shells return for a program ended by Ctrl-C

log = structlog.get_logger("main")


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 2 if an operator has to put something right."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except config.ConfigError as error:
        return _complain(error)
    except KeyboardInterrupt:  # before the bot listens for it, or in a command that does not
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description=__doc__)
    parser.add_argument("--version", action="version", version=f"support-bot {version()}")
    parser.set_defaults(command=_run)
    commands = parser.add_subparsers(title="commands", metavar="command")
    for name, command, what_it_does in (
        ("run", _run, "run the bot until SIGTERM or Ctrl-C"),
        ("chats", _chats, "print the ids of the chats that wrote to the bot, for STAFF_CHAT_ID"),
        ("health", _health, "exit with 0 if the bot on this machine is alive, with 1 if not"),
        ("check", _check, "look whether everything in the database fits together"),
    ):
        commands.add_parser(name, help=what_it_does).set_defaults(command=command)
    what_it_does = "look whether everything is set up as it should be, and say what to do"
    doctor = commands.add_parser("doctor", help=what_it_does, description=what_it_does + ".")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(command=_doctor)
    what_it_does = "handle again, after a fix, the updates that could not be handled"
    _add_replay(commands.add_parser("replay", help=what_it_does, description=what_it_does + "."))
    return parser


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.set_defaults(command=_replay)
    parts = replay.add_subparsers(title="instead of that", metavar="command")
    parts.add_parser("list", help="list them").set_defaults(command=_replay_list)
    show = parts.add_parser("show", help="show what is kept of one, without what people wrote")
    show.add_argument("number", type=int, help="as in the list")
    show.add_argument("--text", action="store_true", help="with what people wrote")
    show.set_defaults(command=_replay_show)
    drop = parts.add_parser("drop", help="forget some that never can be handled")
    drop.add_argument("numbers", type=int, nargs="+", metavar="number", help="as in the list")
    drop.set_defaults(command=_replay_drop)


def _run(_options: Namespace) -> int:
    settings = config.load(config.Settings)
    _configure_logging(settings)
    log.info("support-bot", version=version(), bot=settings.bot_id, **config.changed(settings))
    from bot import app
    from database.errors import FileNotOurs, ForeignDatabase
    from database.schema import DatabaseNotAtHead

    try:
        asyncio.run(app.run(settings))
    except (app.CannotStart, ForeignDatabase, DatabaseNotAtHead, FileNotOurs) as error:
        return _complain(error)
    return 0


def _chats(_options: Namespace) -> int:
    settings = config.load(config.BotSettings)
    _configure_logging(settings)
    from bot import app
    from bot.commands import chats

    try:
        lines = asyncio.run(chats.listed(settings, partial(print, file=sys.stderr, flush=True)))
    except app.CannotStart as error:
        return _complain(error)
    print(*lines, sep="\n")
    return 0


def _doctor(options: Namespace) -> int:
    try:
        settings = config.load(config.Settings)
    except config.ConfigError as error:
        if not options.json:
            raise
        from bot.commands import doctor

        print(doctor.unusable(error))
        return MISCONFIGURED
    _configure_logging(settings)
    from bot.commands import doctor

    wrong = asyncio.run(doctor.examine(settings, print, as_json=options.json))
    return 1 if wrong else 0


def _health(_options: Namespace) -> int:
    settings = config.load(config.BotSettings)
    ill = Heartbeat(folder_for(settings.bot_id, settings.async_url)).ill(utcnow())
    print(*ill or ["healthy"], sep="\n")
    return 1 if ill else 0


def _replay(_options: Namespace) -> int:
    settings = config.load(config.Settings)
    _configure_logging(settings)
    from bot.commands import replay as replaying

    return _on_database(settings, replaying.replay(settings, say=print))


def _replay_list(_options: Namespace) -> int:
    settings = _settings_of_database()
    from services import set_aside

    return _on_database(settings, set_aside.list_all(settings.async_url, say=print))


def _replay_show(options: Namespace) -> int:
    settings = _settings_of_database()
    from services import set_aside

    url, text = settings.async_url, options.text
    return _on_database(settings, set_aside.show(url, options.number, print, text=text))


def _replay_drop(options: Namespace) -> int:
    settings = _settings_of_database()
    from services import set_aside

    return _on_database(settings, set_aside.drop(settings.async_url, options.numbers, print))


def _check(_options: Namespace) -> int:
    settings = _settings_of_database()
    from services.invariants import check

    return _on_database(settings, check.check(settings.async_url, now=utcnow(), say=print))


def _settings_of_database() -> config.DatabaseSettings:
    settings = config.load(config.DatabaseSettings)
    _configure_logging(settings)
    return settings


def _on_database(settings: config.DatabaseSettings, work: Coroutine[Any, Any, int | None]) -> int:
    """Run a command on this database; 1 if something is left to be done."""
    from database.errors import ForeignDatabase, is_outage, reason
    from database.schema import DatabaseNotAtHead
    from services.set_aside import NoSuchUpdate

    try:
        left = asyncio.run(work)
    except (DatabaseNotAtHead, ForeignDatabase, NoSuchUpdate) as error:
        return _complain(error)
    except Exception as error:
        if not is_outage(error):
            raise
        return _complain(f"The database {settings.database} cannot be used: {reason(error)}")
    return 1 if left else 0


def _configure_logging(settings: config.DatabaseSettings) -> None:
    logging.configure(settings.log_level, settings.log_format, settings.secrets)
    for stray in config.strays():
        log.warning("ignored", reason=str(stray))


def _complain(error: BaseException | str) -> int:
    with suppress(OSError):  # perhaps nobody reads the output
        print(error, file=sys.stderr)
    return MISCONFIGURED


if __name__ == "__main__":
    with process.well_behaved():
        sys.exit(main())
