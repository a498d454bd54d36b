"""`python -m sandbox`: a local Telegram until it is interrupted.

Prints one line of JSON when it is ready: url, control_url, token, secret.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys

from sandbox.program import TOKEN, Sandbox


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Telegram.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: loopback)")
    parser.add_argument("--port", type=int, default=0, help="port (default: any free one)")
    parser.add_argument("--token", default=TOKEN, help="the bot's token (default: %(default)s)")
    parser.add_argument("--username", default="sandbox_bot", help="the bot's username")
    parser.add_argument("--name", default="Sandbox Bot", help="the bot's name")
    parser.add_argument("--secret", help="secret of the control API (default: a random one)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--limits", action="store_true", help="keep Telegram's limits (429)")
    parser.add_argument("--no-privacy", action="store_true", help="the bot sees whole groups")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    sandbox = Sandbox(
        seed=arguments.seed,
        limits=arguments.limits,
        privacy=not arguments.no_privacy,
        token=arguments.token,
        username=arguments.username,
        name=arguments.name,
        host=arguments.host,
        port=arguments.port,
        secret=arguments.secret,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C ends it all the same
            loop.add_signal_handler(number, stopped.set)
    async with sandbox:
        ready = {"url": sandbox.url, "control_url": sandbox.control_url}
        ready |= {"token": sandbox.token, "secret": sandbox.secret}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
