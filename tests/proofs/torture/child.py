"""What is done to a bot in its own process before it starts; the product has no hook for this."""

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
    """Let each transaction on SQLite find its file full or read-only while a file says so."""
    event.listen(Engine, "begin", partial(_obey, folder))


def _obey(folder: Path, connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    pages = 1 if (folder / "full").exists() else NO_LIMIT
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    connection.exec_driver_sql(f"PRAGMA query_only={int((folder / 'read-only').exists())}")


def chokes_on(word: str) -> None:
    """Have the service that takes in users' messages raise for those with this word."""
    receive = ticket_service.receive

    async def choke(session: Any, person: Any, content: Content, **more: Any) -> Any:
        if word in (content.text or ""):
            raise ArithmeticError(word)
        return await receive(session, person, content, **more)

    vars(ticket_service)["receive"] = choke
