"""Each revision up, down and up again with rows in every table; nothing but a drop loses one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from database.description import Tables, describe
from database.migrations import BrokenForeignKeys
from database.session import make_engine
from database.tables import METADATA
from tests.migrations.filling import ROWS, count, fill
from tests.support import migrating

REVISIONS = migrating.revisions()

# Of `relocation` only one row ever counted; it becomes that of the main staff chat.
MAKES = {"0016": {"relocation": 1, "staff_chats": 1}}


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(empty_database_url)
    yield engine
    await engine.dispose()


async def put_rows(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(fill)


async def rows_of(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        return await connection.run_sync(count)


async def schema_of(engine: AsyncEngine) -> Tables:
    async with engine.connect() as connection:
        return await connection.run_sync(describe)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_each_step_goes_up_down_and_up_with_rows_in_every_table(
    database: AsyncEngine, empty_database_url: str, revision: str
) -> None:
    await migrating.upgrade(empty_database_url, revision)
    await put_rows(database)
    full, schema = await rows_of(database), await schema_of(database)

    await migrating.downgrade(empty_database_url, "-1")
    below = await rows_of(database)
    await migrating.upgrade(empty_database_url, revision)

    assert set(full.values()) == {ROWS}
    makes = MAKES.get(revision, {})
    assert below == {table: makes.get(table, ROWS) for table in below}
    after = below | makes
    assert await rows_of(database) == {table: after.get(table, 0) for table in full}
    assert await schema_of(database) == schema


async def test_the_way_from_the_first_revision_to_the_last_loses_no_row(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, REVISIONS[0])
    await put_rows(database)
    before = await rows_of(database)

    await migrating.upgrade(empty_database_url)

    after = await rows_of(database)
    assert {table: after.get(table) for table in before} == before


async def test_every_ticket_of_an_older_database_gets_a_mark_of_its_own(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, "0003")
    await put_rows(database)

    await migrating.upgrade(empty_database_url, "0004")

    async with database.connect() as connection:
        marks = list(await connection.scalars(sql("SELECT mark FROM tickets")))
    assert len(set(marks)) == ROWS
    assert all(len(mark) == 12 for mark in marks)


async def test_tickets_of_an_older_database_wait_since_their_history_says(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, "0020")
    await put_rows(database)
    async with database.begin() as connection:
        await connection.execute(sql("UPDATE tickets SET status = 'pending' WHERE id = 1"))
        await connection.execute(sql("UPDATE tickets SET status = 'closed' WHERE id = 2"))
        await connection.execute(sql("UPDATE ticket_events SET kind = 'answered'"))

    await migrating.upgrade(empty_database_url, "0021")

    wrong = """
        SELECT id FROM tickets WHERE waiting_since <> CASE status WHEN 'closed' THEN closed_at
            ELSE (SELECT happened_at FROM ticket_events WHERE ticket_id = tickets.id) END
    """
    async with database.connect() as connection:
        assert list(await connection.scalars(sql(wrong))) == []


async def test_every_message_of_an_older_database_is_of_the_bots_own_chats(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, "0016")
    await put_rows(database)

    await migrating.upgrade(empty_database_url, "0017")

    async with database.connect() as connection:
        for table in ("messages", "message_links", "kept_words"):
            accounts = await connection.scalars(sql(f"SELECT account FROM {table}"))  # noqa: S608
            assert list(accounts) == [0] * ROWS


async def test_the_open_ticket_of_an_older_database_is_current(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, "0019")
    await put_rows(database)
    async with database.begin() as connection:
        await connection.execute(sql("UPDATE tickets SET status = 'closed' WHERE id = 2"))

    await migrating.upgrade(empty_database_url, "0020")

    read = sql("SELECT is_current, current_since = opened_at FROM tickets ORDER BY id")
    async with database.connect() as connection:
        assert (await connection.execute(read)).all() == [(True, True), (False, True)]


async def test_an_older_version_finds_only_the_current_ticket_open(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, "0020")
    await put_rows(database)
    async with database.begin() as connection:
        await connection.execute(sql("UPDATE tickets SET user_id = 1, closed_at = NULL"))

    await migrating.downgrade(empty_database_url, "0019")

    read = sql("SELECT status, closed_at IS NULL FROM tickets ORDER BY id")
    async with database.connect() as connection:
        assert (await connection.execute(read)).all() == [("new", True), ("closed", False)]


async def test_words_of_an_older_database_joined_the_current_ticket_last(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url, "0022")
    await put_rows(database)
    async with database.begin() as connection:
        await connection.execute(sql("UPDATE tickets SET is_current = (id = 1)"))

    await migrating.upgrade(empty_database_url, "0023")

    read = sql("SELECT last_joined_id FROM users ORDER BY id")
    async with database.connect() as connection:
        assert (await connection.execute(read)).scalars().all() == [1, None]


async def test_downgrading_to_base_leaves_nothing(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url)
    await put_rows(database)

    await migrating.downgrade(empty_database_url, "base")

    async with database.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert names == ["alembic_version"]


async def test_every_table_of_the_models_is_filled(
    database: AsyncEngine, empty_database_url: str
) -> None:
    await migrating.upgrade(empty_database_url)
    await put_rows(database)

    assert (await rows_of(database)).keys() == METADATA.tables.keys()


# What a revision may do -------------------------------------------------------------------------

WIDEN = """\
with op.batch_alter_table("{table}", recreate="always") as batch:
        batch.add_column(sa.Column("extra", sa.Text()))"""
NARROW = """\
with op.batch_alter_table("{table}", recreate="always") as batch:
        batch.drop_column("extra")"""


@pytest.mark.parametrize("table", ["users", "tickets", "messages"])
async def test_a_table_is_recreated_without_losing_what_refers_to_it(
    sqlite_url: str, tmp_path: Path, table: str
) -> None:
    scripts = migrating.scripts_with_another_revision(
        tmp_path, WIDEN.format(table=table), NARROW.format(table=table)
    )
    engine = make_engine(sqlite_url)
    await put_rows(engine)
    schema, full = await schema_of(engine), await rows_of(engine)

    await migrating.upgrade(sqlite_url, scripts=scripts)
    assert await rows_of(engine) == full
    await migrating.downgrade(sqlite_url, "-1", scripts=scripts)

    assert await rows_of(engine) == full
    assert await schema_of(engine) == schema
    await engine.dispose()


async def test_rows_that_would_refer_to_nothing_stop_a_migration_of_sqlite(
    sqlite_url: str, tmp_path: Path
) -> None:
    scripts = migrating.scripts_with_another_revision(
        tmp_path, 'op.execute("DELETE FROM users WHERE id = 1")'
    )
    engine = make_engine(sqlite_url)
    await put_rows(engine)
    full = await rows_of(engine)

    with pytest.raises(BrokenForeignKeys, match=r"messages → users: 1, .*tickets → users: 2"):
        await migrating.upgrade(sqlite_url, scripts=scripts)

    assert await rows_of(engine) == full
    await engine.dispose()


async def test_a_migration_that_fails_changes_nothing(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    scripts = migrating.scripts_with_another_revision(
        tmp_path,
        'op.create_table("half", sa.Column("id", sa.Integer()))\n'
        '    op.execute("DELETE FROM ticket_events")\n'
        '    raise RuntimeError("halfway")',
    )
    await put_rows(engine)
    full = await rows_of(engine)

    with pytest.raises(RuntimeError, match="halfway"):
        await migrating.upgrade(database_url, scripts=scripts)

    assert await rows_of(engine) == full
    await migrating.upgrade(database_url)
