"""`python main.py check` as an operator meets it."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import main
from database.models import Ticket
from services import ticket_service as tickets
from tests.services import factories
from tests.services.factories import ANN, STAFF, TODAY
from tests.support.processes import Forked, environment
from tests.support.times import NOON


def at_noon() -> None:
    """In the process of the command it is NOON."""
    main.utcnow = lambda: NOON  # type: ignore[attr-defined]


async def check(url: str, folder: Path) -> tuple[int, list[str]]:
    """Run the command; it needs neither token nor staff chat."""
    output = folder / "output"
    variables = environment(database_url=url, log_format="json") | {"TMPDIR": str(folder)}
    code = await Forked(["check"], variables, output, at_noon).ended(40)
    said = output.read_text("utf-8")
    assert "Traceback" not in said
    return code, [line for line in said.splitlines() if not line.startswith("{")]


@pytest.fixture
async def ticket(sessions: async_sessionmaker[AsyncSession]) -> Ticket:
    async with sessions.begin() as session:
        await factories.staff_chat(session)
        return await tickets.receive(
            session, ANN, factories.content(), staff_chat_id=STAFF, day=TODAY, now=NOON
        )


@pytest.mark.usefixtures("ticket")
async def test_a_database_that_is_well_is_one_line_and_0(database_url: str, tmp_path: Path) -> None:
    code, said = await check(database_url, tmp_path)

    assert (code, said) == (0, ["all is well: 1 tickets, 1 messages, 2 deliveries"])


async def test_each_thing_that_is_wrong_is_a_line_and_the_exit_code_is_1(
    database_url: str,
    tmp_path: Path,
    ticket: Ticket,
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await session.execute(update(Ticket).values(closed_at=NOON))

    code, said = await check(database_url, tmp_path)

    assert code == 1
    assert (
        f"A ticket is closed without a time, or has one and is not closed: tickets {ticket.id}"
        in said
    )


async def test_a_database_that_is_not_at_head_is_a_sentence_and_2(
    empty_database_url: str, tmp_path: Path
) -> None:
    code, (sentence,) = await check(empty_database_url, tmp_path)

    assert code == 2
    assert sentence.endswith(": run `alembic upgrade head`.")


async def test_a_database_that_does_not_answer_is_a_sentence_and_2(tmp_path: Path) -> None:
    code, said = await check("postgresql+asyncpg://nobody@127.0.0.1:1/nothing", tmp_path)

    assert code == 2
    (sentence,) = said
    assert sentence.startswith("The database postgresql://127.0.0.1:1/nothing cannot be used: ")


async def test_a_file_that_is_no_database_is_a_sentence_and_2(tmp_path: Path) -> None:
    file = tmp_path / "no.db"
    file.write_bytes(b"no database at all" * 1000)

    code, said = await check(f"sqlite+aiosqlite:///{file}", tmp_path)

    assert code == 2
    assert said == [f"The database sqlite:///{file} cannot be used: file is not a database"]


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gone"

    code, said = await check(f"sqlite+aiosqlite:///{folder / 'bot.db'}", tmp_path)

    assert code == 2
    assert said == [f"There is no folder {folder}: make it, or correct DATABASE_URL or DB_NAME."]
