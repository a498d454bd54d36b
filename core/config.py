"""The settings, from the environment and from `.env` beside main.py; the environment wins.

A field's description is the sentence for the operator: `.env.example` has it, and so has the line
that refuses a value.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, override
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from core import complaints, languages, proxies, spelling, values
from core.spelling import Stray
from core.values import (
    PROJECT,
    Limit,
    LogFormat,
    LogLevel,
    StaffModeSetting,
    async_url,
    sqlite_url,
)

__all__ = ["PROJECT", "LogFormat", "LogLevel", "async_url", "sqlite_url"]

ENV_FILE = PROJECT / ".env"

# Each can be read from a file instead, named by `…_FILE`: BOT_TOKEN_FILE.
SECRETS = ("bot_token", "database_url", "telegram_proxy")


class ConfigError(Exception):
    """One line for each variable: what is wrong with it, and what is expected (`complaints`)."""


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

    database_url: Annotated[SecretStr, AfterValidator(values.database_url)] | None = Field(
        default=None,
        description="URL of the database, which wins over DB_NAME: "
        "postgresql://user:password@host:5432/name or sqlite:///path/of/file.db, "
        "without a driver such as +psycopg2, special characters of the password as %40. "
        "PostgreSQL 14 or newer, not through a pooler in transaction mode.",
        examples=["postgresql://bot:password@localhost:5432/support"],
    )
    db_name: Annotated[Path, AfterValidator(values.project_path)] = Field(
        default=PROJECT / "support.db",
        description="Path of the SQLite file, without a question mark; "
        "a relative one begins at the project's folder.",
        examples=["/var/lib/support-bot/support.db"],
    )
    log_level: Annotated[LogLevel, BeforeValidator(values.upper)] = Field(
        default="INFO",
        description="The least that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL.",
        examples=["INFO"],
    )
    log_format: Annotated[LogFormat, BeforeValidator(values.lower)] = Field(
        default="text",
        description="How lines are logged: text for people, json for machines.",
        examples=["json"],
    )

    @property
    def async_url(self) -> str:
        """The database's URL for SQLAlchemy, with its password: not for logs."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return sqlite_url(self.db_name)

    @property
    def database(self) -> str:
        """Where the database is, without its password."""
        return values.address(self.async_url)

    @property
    def secrets(self) -> list[str]:
        """Values that must never be written or shown."""
        return values.passwords(self.async_url)


class BotSettings(DatabaseSettings):
    """What it takes to talk to Telegram as the bot."""

    bot_token: Annotated[SecretStr, AfterValidator(values.bot_token)] = Field(
        description="The bot's token from @BotFather, like 123456:ABC-DEF.",
        examples=["123456:ABC-DEF"],
    )
    telegram_api_url: Annotated[str, AfterValidator(values.api_url)] = Field(
        default="https://api.telegram.org",
        description="Address of the Bot API with http:// or https://: Telegram's, "
        "one's own server's or the sandbox's.",
        examples=["http://localhost:8081"],
    )

    telegram_proxy: Annotated[SecretStr, AfterValidator(values.proxy_url)] | None = Field(
        default=None,
        description="Proxy to Telegram: http://user:password@host:port or socks5://host:port, "
        "special characters of the password as %40. Unset, HTTPS_PROXY or ALL_PROXY of the "
        "environment counts. This machine, and hosts in NO_PROXY, are reached without.",
        examples=["socks5://proxy.example.org:1080"],
    )

    @property
    def bot_id(self) -> int:
        return int(self.bot_token.get_secret_value().partition(":")[0])

    @property
    def proxy(self) -> str | None:
        """The proxy's URL, with its password: not for logs. None: Telegram is reached directly."""
        if self.telegram_proxy is None or proxies.is_bypassed(self.telegram_api_url):
            return None
        return self.telegram_proxy.get_secret_value()

    @property
    @override
    def secrets(self) -> list[str]:
        token = self.bot_token.get_secret_value()
        return [token, *super().secrets, *values.passwords(self.proxy or "")]


class Settings(BotSettings):
    """What it takes to run the bot."""

    staff_chat_id: int = Field(
        lt=0,
        gt=-(2**52),  # of ids of Telegram, a double holds every one
        description="Id of the staff group, a negative whole number; "
        "`python main.py chats` prints it.",
        examples=["-1001234567890"],
    )
    staff_language: Annotated[
        str, BeforeValidator(values.lower), AfterValidator(languages.known)
    ] = Field(
        default="en",
        description=f"Language of the staff group: {languages.listed(languages.LANGUAGES)}.",
        examples=["en"],
    )
    staff_mode: Annotated[StaffModeSetting, BeforeValidator(values.lower)] = Field(
        default="auto",
        description="Where a new staff group has its tickets: plain (under cards), forum (each in "
        "a topic), or auto (topics in a forum where the bot may manage them). Once it is known, "
        "only /settings in the group changes it.",
        examples=["plain"],
    )
    admin_ids: Annotated[frozenset[int], NoDecode, BeforeValidator(values.ids)] = Field(
        default=frozenset(),
        description="Telegram ids (numbers, not names), with commas between them, of people "
        "who may change settings from the staff group without being its administrators.",
        examples=["123456789,987654321"],
    )
    support_timezone: Annotated[ZoneInfo, BeforeValidator(values.zone)] = Field(
        default=ZoneInfo("UTC"),
        description="Time zone at whose midnight ticket numbers start again, by its IANA name "
        "like Europe/Berlin.",
        examples=["Europe/Berlin"],
    )
    limit_per_chat: Limit = Field(
        default=1,
        description="Messages a second to one private chat; 0 is no limit.",
        examples=["1"],
    )
    limit_per_group: Limit = Field(
        default=20,
        description="Messages a minute to one group; 0 is no limit.",
        examples=["20"],
    )
    limit_total: Limit = Field(
        default=30,
        description="Messages a second to all chats together; 0 is no limit.",
        examples=["30"],
    )
    staff_batch_seconds: Annotated[
        timedelta, BeforeValidator(values.seconds), Field(ge=timedelta(0))
    ] = Field(
        default=timedelta(seconds=3),
        description="Seconds in which the staff chat gets what a user goes on writing as one "
        "message; the first goes at once. 0 is off.",
        examples=["2.5"],
    )


def load[S: DatabaseSettings](kind: type[S], env_file: Path | None = ENV_FILE) -> S:
    """Read the settings of a kind, or raise a ConfigError that says what is expected."""
    try:
        slips = [str(stray) for stray in _strays_in(env_file) if stray.meant]
        if slips:
            raise ConfigError("\n".join(slips))
        given = {**_file(kind, env_file), **_environment(kind)}
        extra: dict[str, Any] = _from_files(kind, given) | _proxy(kind, given)
    except UnicodeDecodeError:
        raise ConfigError(f"{env_file} is not UTF-8 text.") from None
    try:
        return kind(_env_file=env_file, **extra)
    except ValidationError as error:
        lines = _complaints(kind, error, given)
        raise ConfigError("\n".join([*lines, *map(str, strays(env_file))])) from None


def _complaints(
    kind: type[DatabaseSettings], error: ValidationError, given: Mapping[str, str | None]
) -> Iterable[str]:
    for name, detail in {str(one["loc"][0]): one for one in error.errors()}.items():
        field, variable = kind.model_fields[name], name.upper()
        if detail["type"] == "missing":
            yield complaints.missing(variable, field)
            continue
        source = None
        if name not in given:
            source = f"{variable}_FILE" if f"{name}_file" in given else proxies.VARIABLES
        shown = None if name in SECRETS else given[name]
        yield complaints.wrong(variable, field, detail, shown, source)


def changed(settings: DatabaseSettings) -> dict[str, object]:
    """Return the settings that are not at their defaults, without secrets, for the log."""
    return {
        name: values.shown(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
        if name != "bot_token" and getattr(settings, name) != field.default
    }


def strays(env_file: Path | None = ENV_FILE) -> list[Stray]:
    """List variables that look like settings of ours but that nothing reads."""
    return [
        *_strays_in(env_file),
        *spelling.in_environment(_upper(_environment(Settings)), _names()),
    ]


def _strays_in(env_file: Path | None) -> Iterable[Stray]:
    return spelling.in_file(_upper(_file(Settings, env_file)), _names(), str(env_file))


def _names() -> list[str]:
    return _upper([*Settings.model_fields, *(f"{name}_file" for name in SECRETS)])


def _upper(names: Iterable[str]) -> list[str]:
    return [name.upper() for name in names]


def _file(kind: type[DatabaseSettings], env_file: Path | None) -> Mapping[str, str | None]:
    """Read the file as pydantic does: by lower-case name, without empty values."""
    return DotEnvSettingsSource(kind, env_file=env_file).env_vars


def _environment(kind: type[DatabaseSettings]) -> Mapping[str, str | None]:
    return EnvSettingsSource(kind).env_vars


def _from_files(
    kind: type[DatabaseSettings], given: Mapping[str, str | None]
) -> dict[str, SecretStr]:
    """Read the secrets that come in files, as orchestrators provide them."""
    found = {}
    for name in SECRETS:
        path = given.get(f"{name}_file")
        if path is None or name not in kind.model_fields:
            continue
        if name in given:
            raise ConfigError(f"{name.upper()} and {name.upper()}_FILE are both set: keep one.")
        try:
            found[name] = values.secret_in(path)
        except (OSError, ValueError) as error:
            # Don't show the path: somebody may have put the secret itself there.
            why = getattr(error, "strerror", None) or "it is empty, or no UTF-8 text"
            raise ConfigError(f"{name.upper()}_FILE: the file cannot be used: {why}.") from None
    return found


def _proxy(kind: type[DatabaseSettings], given: Mapping[str, str | None]) -> dict[str, SecretStr]:
    """Use the environment's proxy if the settings name none."""
    if not issubclass(kind, BotSettings) or {"telegram_proxy", "telegram_proxy_file"} & set(given):
        return {}
    url = given.get("telegram_api_url") or str(BotSettings.model_fields["telegram_api_url"].default)
    try:
        values.api_url(url)
    except ValueError:
        return {}  # the address itself is refused
    proxy = None if proxies.is_bypassed(url) else proxies.of_environment(url)
    return {} if proxy is None else {"telegram_proxy": SecretStr(proxy)}
