"""Remembers what is read once a transaction, because nearly every transaction needs it.

These tables are small. Who changes one in a transaction also changes what is remembered of it.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffChat
from database.machinery import ChatPause
from database.team import Dialogue, Setting


@dataclass
class Memo:
    """All rows of a table, or None before they are first needed; each has one module that reads it.

    | rows | by | read in |
    |---|---|---|
    | `staff_chats` | their ids | helpdesk/staff_chats.py |
    | `migrations` | the old id; gives the new one | helpdesk/staff_chats.py |
    | `pauses` | chat | pauses.py |
    | `settings` | key and language | helpdesk/team_settings.py |
    | `dialogues` | chat and question | helpdesk/dialogues.py |

    `relocates`: this transaction has found tickets that must move along to another group.
    """

    staff_chats: dict[int, StaffChat] | None = None
    migrations: dict[int, int] | None = None
    pauses: dict[int, ChatPause] | None = None
    settings: dict[tuple[str, str], Setting] | None = None
    dialogues: dict[tuple[int, int], Dialogue] | None = None
    relocates: bool = False


def of(session: AsyncSession) -> Memo:
    """Get what this session's transaction remembers."""
    found: Memo = session.info.setdefault("memo", Memo())
    return found
