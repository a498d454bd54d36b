"""Fills a database with years of work, in SQL: through the bot it would take far too long."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

from database.session import make_engine

TICKETS = 1_000_000
MESSAGES_A_TICKET = 10
USERS = 100_000
TICKETS_A_DAY = 500

# People and chats of the past, none of whom write during a benchmark.
FIRST_USER = 5_000_000_000
STAFF_CHAT = -1_009_999_999_999

# The same SQL for SQLite and PostgreSQL. `n` counts tickets, or messages, from 0.
_NUMBERS = """
    WITH RECURSIVE numbers(n) AS (
        SELECT CAST(:first AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :end
    )
"""
_STATEMENTS = {
    "users": """
        INSERT INTO users (id, telegram_id, name, language, created_at)
        {numbers} SELECT n + 1, {first_user} + n, 'Somebody', 'en', :now FROM numbers
    """,
    "tickets": """
        INSERT INTO tickets (id, mark, daily_id, opened_on, user_id, staff_chat_id, status,
                             is_current, current_since, opened_at, waiting_since, closed_at)
        {numbers} SELECT n + 1, CAST(n AS TEXT), n % {a_day} + 1, {day}, n % {users} + 1,
                         {staff_chat}, 'closed', FALSE, :now, :now, :now, :now
        FROM numbers
    """,
    "messages": """
        INSERT INTO messages (id, ticket_id, author_id, direction, chat_id, message_id, kind, text,
                              revision, sent_at)
        {numbers} SELECT n + 1, n / {each} + 1, n / {each} % {users} + 1, 'question',
                         {first_user}, n + 1, 'text', 'My order has not arrived yet.', 0, :now
        FROM numbers
    """,
    "message_links": """
        INSERT INTO message_links (id, ticket_id, copy_of, kind, chat_id, message_id, part,
                                   revision)
        {numbers} SELECT n + 1, n / {each} + 1, n + 1,
                         CASE WHEN n % {each} = 0 THEN 'card' ELSE 'copy' END, {staff_chat}, n + 1,
                         0, 0
        FROM numbers
    """,
    "deliveries": """
        INSERT INTO deliveries (id, chat_id, ticket_id, kind, payload, precedence, status,
                                created_at, due_at, part, attempts, sent_at)
        {numbers} SELECT n + 1, {staff_chat}, n / {each} + 1, 'question_posted',
                         '{{"message_id": 1}}', 3, 'delivered', :now, :now, 0, 1, :now
        FROM numbers
    """,
}
_CHUNK = 500_000


async def fill(url: str, tickets: int = TICKETS) -> None:
    """Put closed tickets with their messages into a database that has only its schema."""
    engine = make_engine(url)
    counts = {"users": min(USERS, tickets), "tickets": tickets}
    async with engine.connect() as connection:
        for table in _STATEMENTS:
            count = counts.get(table, tickets * MESSAGES_A_TICKET)
            for first in range(0, count, _CHUNK):
                end = min(count, first + _CHUNK)
                await connection.run_sync(_insert, table, first, end)
                await connection.commit()
        await connection.run_sync(_settle)
        await connection.commit()
    await engine.dispose()


def _insert(connection: Connection, table: str, first: int, end: int) -> None:
    sqlite = connection.dialect.name == "sqlite"
    day = (
        "date('2000-01-01', '+' || (n / {0}) || ' days')"
        if sqlite
        else "DATE '2000-01-01' + (n / {0})::int"
    )
    statement = _STATEMENTS[table].format(
        numbers=_NUMBERS,
        first_user=FIRST_USER,
        staff_chat=STAFF_CHAT,
        users=USERS,
        a_day=TICKETS_A_DAY,
        each=MESSAGES_A_TICKET,
        day=day.format(TICKETS_A_DAY),
    )
    now = datetime(2020, 1, 1, tzinfo=UTC)
    value = now.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else now
    connection.execute(text(statement), {"first": first, "end": end, "now": value})


def _settle(connection: Connection) -> None:
    """Update the planner's statistics, and have the keys go on from the last ones."""
    connection.execute(text("ANALYZE"))
    if connection.dialect.name == "postgresql":
        for table in _STATEMENTS:
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            last = f"SELECT max(id) FROM {table}"  # noqa: S608 - our own names
            connection.execute(text(f"SELECT setval({sequence}, ({last}))"))
