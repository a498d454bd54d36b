"""Hooks that change a bot in its own process before it starts; the product knows none of them."""

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from services import ticket_service
from services.helpdesk.content import Content

# SQLite's own largest number of pages.
NO_LIMIT = 4294967294


def obeys(folder: Path) -> None:
    """Make SQLite's file full or read-only while the folder has a file `full` or `read-only`."""
    event.listen(Engine, "begin", partial(_obey, folder))


def _obey(folder: Path, connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    pages = 1 if (folder / "full").exists() else NO_LIMIT
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    connection.exec_driver_sql(f"PRAGMA query_only={int((folder / 'read-only').exists())}")


def chokes_on(word: str) -> None:
    """Make `ticket_service.receive` raise for messages with this word."""
    receive = ticket_service.receive

    async def choke(session: Any, person: Any, content: Content, **more: Any) -> Any:
        if word in (content.text or ""):
            raise ArithmeticError(word)
        return await receive(session, person, content, **more)

    vars(ticket_service)["receive"] = choke
