"""`python -m sandbox`: a local Telegram until it is interrupted.

Prints one line of JSON when it is ready: url, control_url, page_url, token, secret.
`python -m sandbox play FILE` plays a recorded scenario (`sandbox/playing.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox import keeping, playing, scene
from sandbox.client import Telegram
from sandbox.model import Json
from sandbox.program import Sandbox
from sandbox.runner import Runner

# How long a bot may take to start before a scenario is played, in seconds.
BOT_COMES_WITHIN = 120.0
PORTS_TRIED = 20


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Telegram.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: loopback)")
    parser.add_argument("--port", type=int, default=0, help="port (default: any free one)")
    parser.add_argument("--next-port", action="store_true", help="if it is taken, try the next")
    parser.add_argument("--token", help="the bot's token (default: a random one)")
    parser.add_argument("--username", default="sandbox_bot", help="the bot's username")
    parser.add_argument("--name", default="Sandbox Bot", help="the bot's name")
    parser.add_argument("--secret", help="secret of the control API (default: a random one)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--limits", action="store_true", help="keep Telegram's limits (429)")
    parser.add_argument("--no-privacy", action="store_true", help="the bot sees whole groups")
    parser.add_argument("--scene", type=Path, help="a JSON file of people and groups")
    parser.add_argument("--state", type=Path, help="keep everything in this file (JSON)")
    parser.add_argument("--run", metavar="COMMAND", help="start this bot, and let the page kill it")
    commands = parser.add_subparsers(dest="command", title="commands")
    playing.add_arguments(commands.add_parser("play", help="play a recorded scenario"))
    return parser.parse_args()


def _sandbox(arguments: argparse.Namespace) -> Sandbox:
    return Sandbox(
        seed=arguments.seed,
        limits=arguments.limits,
        privacy=not arguments.no_privacy,
        token=arguments.token,
        username=arguments.username,
        name=arguments.name,
        host=arguments.host,
        port=_free_port(arguments.host, arguments.port) if arguments.next_port else arguments.port,
        secret=arguments.secret,
    )


def _free_port(host: str, first: int) -> int:
    """The first free port from `first` on."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return port
    return first


@contextlib.asynccontextmanager
async def _kept(arguments: argparse.Namespace, cast: Json) -> AsyncIterator[Sandbox]:
    """The sandbox as it was saved, or with the people of the scene."""
    file: Path | None = arguments.state
    async with _sandbox(arguments) as sandbox:
        if file is None or not keeping.load(sandbox.stage, file):
            scene.set_up(sandbox.stage, cast)
        # The command line overrides the saved state.
        sandbox.stage.token = arguments.token or sandbox.token
        sandbox.limits.enabled |= arguments.limits
        sandbox.world.privacy_mode &= not arguments.no_privacy
        async with contextlib.nullcontext() if file is None else keeping.kept(sandbox.stage, file):
            yield sandbox


@contextlib.asynccontextmanager
async def _running(arguments: argparse.Namespace, cast: Json) -> AsyncIterator[Sandbox]:
    """The sandbox with its people, and the bot if there is one to run."""
    async with _kept(arguments, cast) as sandbox, asyncio.TaskGroup() as tasks:
        ready = {"url": sandbox.url, "control_url": sandbox.control_url}
        ready |= {"page_url": sandbox.page_url, "token": sandbox.token, "secret": sandbox.secret}
        print(json.dumps(ready), flush=True)
        if arguments.run is None:
            yield sandbox
            return
        variables = {"TELEGRAM_API_URL": sandbox.url, "BOT_TOKEN": sandbox.token}
        runner = Runner(arguments.run, variables, sandbox.stage.tell_process)
        sandbox.stage.runner = runner
        running = tasks.create_task(runner.run())
        try:
            yield sandbox
        finally:
            await runner.close()
            await running


def _interruption() -> asyncio.Event:
    """Set by Ctrl+C and by SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C still ends it
            loop.add_signal_handler(number, stopped.set)
    return stopped


async def _serve(arguments: argparse.Namespace) -> int:
    cast = _read(arguments.scene) if arguments.scene else {}
    stopped = _interruption()
    async with _running(arguments, cast):
        await stopped.wait()
    return 0


async def _play(arguments: argparse.Namespace) -> int:
    """Play on a sandbox that runs already, or on one of our own as soon as a bot asks it."""
    scenario, patience = _read(arguments.file), arguments.patience
    if arguments.control is not None:
        async with Telegram(arguments.control, arguments.secret or "") as telegram:
            return await playing.play(telegram, scenario, print, patience)
    async with _running(arguments, scenario["cast"]) as sandbox:
        telegram = sandbox.client()
        await telegram.called("getMe", status=200, timeout=BOT_COMES_WITHIN)
        return await playing.play(telegram, scenario, print, patience)


def _read(path: Path) -> Json:
    return dict(json.loads(path.read_text("utf-8")))


if __name__ == "__main__":
    given = _arguments()
    try:
        sys.exit(asyncio.run(_play(given) if given.command == "play" else _serve(given)))
    except keeping.OtherState as error:
        sys.stderr.write(f"{given.state}: {error}\n")
        sys.exit(2)
