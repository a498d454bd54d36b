"""The settings, from the environment and from `.env` beside main.py; the environment wins.

A field's description is the sentence for the operator: it stands in `.env.example`, and in the line
that refuses a value.
"""

import re
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
ENV_FILE = PROJECT / ".env"


class ConfigError(Exception):
    """One line a variable: its name and what is expected, never a value."""


# Values ---------------------------------------------------------------------------------------


def sqlite_url(path: PurePath) -> str:
    return f"sqlite+aiosqlite:///{path.as_posix()}"


def _project_path(path: Path) -> Path:
    """Take a relative path from the project's folder, wherever the program was started."""
    if "?" in str(path):
        raise ValueError("a question mark begins the options of a database URL")
    try:
        return PROJECT / path.expanduser()
    except RuntimeError as error:  # ~somebody
        raise ValueError("nobody's home folder") from error


_SQLITE = re.compile(r"sqlite(?:\+aiosqlite)?:///(?P<path>[^?]+)(?P<options>\?.*)?")
_POSTGRESQL = re.compile(
    r"postgres(?:ql)?(?:\+asyncpg)?://"
    r"(?P<server>(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^:/?]*)(?::\d+)?)"
    r"/(?P<name>[^?]+)(?P<options>\?.*)?"
)


def async_url(url: str) -> str:
    """Return the database URL with its asynchronous driver.

    Hosting services hand out `postgres://…?sslmode=require`: asyncpg calls that option `ssl`.
    """
    if found := _SQLITE.fullmatch(url):
        if found["path"].startswith((":memory:", "file:")):
            raise ValueError("a database in memory forgets what was accepted")
        return sqlite_url(_project_path(Path(found["path"]))) + (found["options"] or "")
    if found := _POSTGRESQL.fullmatch(url):
        options = re.sub(r"([?&])sslmode=", r"\1ssl=", found["options"] or "")
        return f"postgresql+asyncpg://{found['server']}/{found['name']}{options}"
    raise ValueError("neither PostgreSQL nor SQLite, or a driver that is not asynchronous")


def _database_url(secret: SecretStr) -> SecretStr:
    return SecretStr(async_url(secret.get_secret_value().strip()))


def _bot_token(secret: SecretStr) -> SecretStr:
    token = secret.get_secret_value().strip()
    if not re.fullmatch(r"[0-9]{1,19}:[A-Za-z0-9_-]+", token):
        raise ValueError("not the shape of a token")
    return SecretStr(token)


def _zone(name: Any) -> Any:
    try:
        return ZoneInfo(name) if isinstance(name, str) else name
    except (LookupError, OSError) as error:  # zoneinfo reads files: "Europe" is a folder
        raise ValueError("no such time zone") from error


def _seconds(value: Any) -> Any:
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except OverflowError as error:
        raise ValueError("too long") from error


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


type LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
type LogFormat = Literal["text", "json"]
type Language = Literal["en", "ru"]
type Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]


# Settings -------------------------------------------------------------------------------------


class DatabaseSettings(BaseSettings):
    """What Alembic needs: where the database is."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",  # Notepad writes a byte order mark
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        default=None,
        description="URL of the database, which wins over DB_NAME: "
        "postgresql://user:password@host:5432/name or sqlite:///path/of/file.db, "
        "without a driver such as +psycopg2, special characters of the password as %40. "
        "PostgreSQL 14 or newer, not through a pooler in transaction mode.",
    )
    db_name: Annotated[Path, AfterValidator(_project_path)] = Field(
        default=PROJECT / "support.db",
        description="Path of the SQLite file, without a question mark; "
        "a relative one begins at the project's folder.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field(
        default="INFO",
        description="The least that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL.",
    )
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = Field(
        default="text",
        description="How lines are logged: text for people, json for machines.",
    )

    @property
    def async_url(self) -> str:
        """The database's URL for SQLAlchemy, with its password: not for logs."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return sqlite_url(self.db_name)


class BotSettings(DatabaseSettings):
    """What it takes to talk to Telegram as the bot."""

    bot_token: Annotated[SecretStr, AfterValidator(_bot_token)] = Field(
        description="The bot's token from @BotFather, like 123456:ABC-DEF.",
    )
    telegram_api_url: Annotated[str, AfterValidator(lambda url: url.rstrip("/"))] = Field(
        default="https://api.telegram.org",
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="Address of the Bot API with http:// or https://: Telegram's, "
        "one's own server's or the sandbox's.",
    )

    @property
    def bot_id(self) -> int:
        return int(self.bot_token.get_secret_value().partition(":")[0])


class Settings(BotSettings):
    """What it takes to run the bot."""

    staff_chat_id: int = Field(
        lt=0,
        description="Id of the staff group, a negative whole number; "
        "`python main.py chats` prints it.",
    )
    staff_language: Annotated[Language, BeforeValidator(_lower)] = Field(
        default="en",
        description="Language of the staff group: en or ru.",
    )
    support_timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        default=ZoneInfo("UTC"),
        description="Time zone whose midnight starts the numbers anew, by its IANA name "
        "like Europe/Berlin.",
    )
    limit_per_chat: Limit = Field(
        default=1,
        description="Messages a second to one private chat; 0 is no limit.",
    )
    limit_per_group: Limit = Field(
        default=20,
        description="Messages a minute to one group; 0 is no limit.",
    )
    limit_total: Limit = Field(
        default=30,
        description="Messages a second to all chats together; 0 is no limit.",
    )
    staff_batch_seconds: Annotated[timedelta, BeforeValidator(_seconds), Field(ge=timedelta(0))] = (
        Field(
            default=timedelta(0),
            description="Seconds of quiet in which the follow-ups of a ticket are gathered "
            "into one message; 0 is off.",
        )
    )


def load[S: DatabaseSettings](kind: type[S], env_file: Path | None = ENV_FILE) -> S:
    """Read the settings of a kind, or raise a ConfigError that says what is expected."""
    try:
        return kind(_env_file=env_file)
    except ValidationError as error:
        wrong = {str(detail["loc"][0]): detail["type"] for detail in error.errors()}
        lines = [
            f"{name.upper()} is {'missing' if problem == 'missing' else 'wrong'}. "
            f"Expected: {kind.model_fields[name].description}"
            for name, problem in wrong.items()
        ]
        raise ConfigError("\n".join(lines)) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{env_file} is not UTF-8 text.") from None
