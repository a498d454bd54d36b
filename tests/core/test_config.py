import os
import sys
from datetime import timedelta
from pathlib import Path, PureWindowsPath
from zoneinfo import ZoneInfo

import pytest
from pydantic.fields import FieldInfo

from core import config, languages
from core.config import BotSettings, ConfigError, DatabaseSettings, Settings

TOKEN = "123456:ABC-DEF"


pytestmark = pytest.mark.usefixtures("environment")


def load() -> Settings:
    return config.load(Settings, env_file=None)


def refusal(kind: type[DatabaseSettings] = Settings) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(kind, env_file=None)
    return str(caught.value)


def expected(name: str) -> str:
    field = Settings.model_fields[name.lower()]
    example = (field.examples or [""])[0]
    return f"Expected: {field.description} For example: {name}={example}"


_DRIVER = "names a driver, which has to be left out"
_OTHER = "begins neither with postgresql:// nor with sqlite:///"
_POSTGRESQL = "is not of the form postgresql://user:password@host:5432/name"
_PROXY = "is not of the form http://user:password@host:port"


def test_a_token_and_a_staff_chat_are_enough() -> None:
    settings = load()

    assert settings.bot_id == 123456
    assert settings.staff_chat_id == -1001234
    assert settings.staff_language == "en"
    assert settings.async_url == config.sqlite_url(config.PROJECT / "support.db")
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.support_timezone == ZoneInfo("UTC")
    assert (settings.limit_per_chat, settings.limit_per_group, settings.limit_total) == (1, 20, 30)
    assert settings.staff_batch_seconds == timedelta(seconds=3)
    assert (settings.log_level, settings.log_format) == ("INFO", "text")


def test_every_setting_is_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    for name, value in {
        "STAFF_LANGUAGE": "RU",
        "TELEGRAM_API_URL": "http://127.0.0.1:8081/",
        "SUPPORT_TIMEZONE": "Europe/Berlin",
        "LIMIT_PER_CHAT": "0",
        "LIMIT_PER_GROUP": "0.5",
        "LIMIT_TOTAL": "100",
        "STAFF_BATCH_SECONDS": "2.5",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
    }.items():
        environment.setenv(name, value)

    settings = load()

    assert settings.staff_language == "ru"
    assert settings.telegram_api_url == "http://127.0.0.1:8081"
    assert settings.support_timezone == ZoneInfo("Europe/Berlin")
    assert (settings.limit_per_chat, settings.limit_per_group, settings.limit_total) == (
        0,
        0.5,
        100,
    )
    assert settings.staff_batch_seconds == timedelta(seconds=2.5)
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")


def test_what_is_missing_is_named_on_a_line_each(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("BOT_TOKEN")
    environment.setenv("STAFF_CHAT_ID", "")  # an empty value counts as unset

    lines = refusal().splitlines()

    assert lines == [
        f"BOT_TOKEN is missing. {expected('BOT_TOKEN')}",
        f"STAFF_CHAT_ID is missing. {expected('STAFF_CHAT_ID')}",
    ]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("STAFF_CHAT_ID", "1234", "is not less than 0"),
        ("STAFF_CHAT_ID", "0", "is not less than 0"),
        ("STAFF_CHAT_ID", "@group", "is not a whole number"),
        ("STAFF_CHAT_ID", "-1.5", "is not a whole number"),
        ("STAFF_CHAT_ID", "-" + "1" * 20, "is further below 0 than any id"),
        ("STAFF_LANGUAGE", "tlh", "is none of these"),
        ("ADMIN_IDS", "@kate", "has something in it that is not a whole number"),
        ("ADMIN_IDS", "5;6", "has something in it that is not a whole number"),
        ("ADMIN_IDS", "5, -6", "has a number in it that is not above 0, as the ids of people are"),
        ("DB_NAME", "what?.db", "has a question mark"),
        ("DB_NAME", "~nobody-of-that-name/x.db", "begins with the home folder of nobody"),
        (
            "TELEGRAM_API_URL",
            "api.telegram.org",
            "begins neither with http:// nor with https://",
        ),
        ("TELEGRAM_API_URL", "http://", "is not an address"),
        ("TELEGRAM_API_URL", "http://[::1", "is not an address"),
        ("TELEGRAM_API_URL", "http://host:70000", "is not an address"),
        ("TELEGRAM_API_URL", "http://two words", "is not an address"),
        ("SUPPORT_TIMEZONE", "Mars/Phobos", "is no time zone that this machine knows"),
        ("SUPPORT_TIMEZONE", "Europe", "is no time zone that this machine knows"),
        ("SUPPORT_TIMEZONE", "../../etc/passwd", "is no time zone that this machine knows"),
        ("LIMIT_PER_CHAT", "-1", "is less than 0"),
        ("LIMIT_PER_CHAT", "1,5", "is not a number"),
        ("LIMIT_PER_GROUP", "nan", "is not a finite number"),
        ("LIMIT_TOTAL", "inf", "is not a finite number"),
        ("STAFF_BATCH_SECONDS", "-1", "is less than 0"),
        ("STAFF_BATCH_SECONDS", "soon", "is not a number"),
        ("STAFF_BATCH_SECONDS", "nan", "is not a number"),
        ("STAFF_BATCH_SECONDS", "inf", "is too long"),
        ("LOG_LEVEL", "loud", "is none of these"),
        ("LOG_FORMAT", "xml", "is none of these"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_wrong_what_is_expected_and_an_example(
    environment: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    environment.setenv(name, value)

    assert refusal() == f'{name} is wrong: "{value}" {why}. {expected(name)}'


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BOT_TOKEN", "no-colon", "does not have the form of a token"),
        ("BOT_TOKEN", "12:with space", "does not have the form of a token"),
        ("BOT_TOKEN", "12:", "does not have the form of a token"),
        ("BOT_TOKEN", "1" * 5000 + ":x", "does not have the form of a token"),
        ("DATABASE_URL", "postgresql+psycopg2://u:p@host/name", _DRIVER),
        ("DATABASE_URL", "sqlite+pysqlite:///x.db", _DRIVER),
        ("DATABASE_URL", "mysql://u:p@host/name", _OTHER),
        ("DATABASE_URL", "support.db", _OTHER),
        ("DATABASE_URL", "postgresql://u:p@host:port/name", _POSTGRESQL),
        ("DATABASE_URL", "postgresql://u:p@host", _POSTGRESQL),
        ("DATABASE_URL", "sqlite://", "is not of the form sqlite:///path/of/file.db"),
        (
            "DATABASE_URL",
            "sqlite:///:memory:",
            "is a database in memory, which forgets what was accepted",
        ),
        ("TELEGRAM_PROXY", "proxy", _PROXY),
        ("TELEGRAM_PROXY", "proxy:0", _PROXY),
        ("TELEGRAM_PROXY", "http://proxy", _PROXY),
        ("TELEGRAM_PROXY", "http://proxy:70000", _PROXY),
        ("TELEGRAM_PROXY", "http://user@proxy:3128", _PROXY),
        ("TELEGRAM_PROXY", "http://user:p@ss@proxy:3128", _PROXY),
        ("TELEGRAM_PROXY", "ftp://proxy:3128", _PROXY),
        (
            "TELEGRAM_PROXY",
            "https://proxy:3128",
            "is a proxy that speaks TLS itself, which can't be used",
        ),
    ],
)
def test_a_wrong_secret_is_answered_likewise_but_is_not_repeated(
    environment: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    environment.setenv(name, value)

    assert refusal() == f"{name} is wrong: what it is set to {why}. {expected(name)}"


@pytest.mark.parametrize("name", ["STAFF_CHAT_ID", "ADMIN_IDS", "TELEGRAM_API_URL", "LOG_LEVEL"])
@pytest.mark.parametrize(
    "value",
    [TOKEN, f"bot{TOKEN}/getMe", "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "postgresql://u:p@host/x"],
)
def test_a_secret_in_the_place_of_another_value_is_not_repeated(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)

    assert refusal().startswith(f"{name} is wrong: what it is set to ")


def test_of_a_long_value_the_beginning_is_repeated_on_one_line(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("LOG_LEVEL", "very\n" + "loud " * 100)

    assert refusal().startswith(f'LOG_LEVEL is wrong: "very {"loud " * 11}…" is none of these.')


def test_a_proxy_of_the_environment_is_named_as_that(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "https://u:open-sesame@proxy:3128")

    assert refusal() == (
        "TELEGRAM_PROXY (from HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) is wrong: what it is set to is "
        f"a proxy that speaks TLS itself, which can't be used. {expected('TELEGRAM_PROXY')}"
    )


@pytest.mark.parametrize(("name", "field"), Settings.model_fields.items())
def test_each_example_is_accepted(
    environment: pytest.MonkeyPatch, name: str, field: FieldInfo
) -> None:
    example = (field.examples or [""])[0]
    assert example
    environment.setenv(name.upper(), example)

    load()


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_staff_may_have_every_language_that_the_bot_speaks(
    environment: pytest.MonkeyPatch, code: str
) -> None:
    environment.setenv("STAFF_LANGUAGE", code.upper())

    assert load().staff_language == code


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@host/name", "postgresql+asyncpg://u:p@host/name"),
        ("postgresql://u:p@host:5433/name", "postgresql+asyncpg://u:p@host:5433/name"),
        ("postgresql+asyncpg://host/name", "postgresql+asyncpg://host/name"),
        ("postgresql://u:p%40@[::1]:5432/name", "postgresql+asyncpg://u:p%40@[::1]:5432/name"),
        ("postgresql:///name?host=/run", "postgresql+asyncpg:///name?host=/run"),
        ("postgres://h/n?a=1&sslmode=require", "postgresql+asyncpg://h/n?a=1&ssl=require"),
        ("sqlite+aiosqlite:////var/x.db", "sqlite+aiosqlite:////var/x.db"),
        ("sqlite:////var/x.db?timeout=5", "sqlite+aiosqlite:////var/x.db?timeout=5"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the paths of this table are POSIX's")
def test_a_database_url_gets_its_asynchronous_driver(
    environment: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    environment.setenv("DATABASE_URL", url)
    environment.setenv("DB_NAME", "loses.db")

    assert load().async_url == expected


@pytest.mark.parametrize(
    ("name", "value"), [("DB_NAME", "x.db"), ("DATABASE_URL", "sqlite:///x.db")]
)
def test_a_relative_database_is_in_the_project_wherever_the_program_starts(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    environment.chdir(tmp_path)
    environment.setenv(name, value)

    assert load().async_url == config.sqlite_url(config.PROJECT / "x.db")


def test_a_tilde_is_the_home_folder(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DB_NAME", "~/x.db")

    assert load().db_name == Path.home() / "x.db"


def test_a_path_of_windows_makes_a_url() -> None:
    url = config.sqlite_url(PureWindowsPath(r"C:\bots\support.db"))

    assert url == "sqlite+aiosqlite:///C:/bots/support.db"


def test_no_secret_is_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://u:open-sesame@host/name")

    shown = f"{load()!r} {load()} {load().model_dump_json()}"

    assert "open-sesame" not in shown
    assert TOKEN not in shown


def test_a_refused_secret_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BOT_TOKEN", "not/a/token")
    environment.setenv("DATABASE_URL", "mysql://u:open-sesame@host/name")

    with pytest.raises(ConfigError) as caught:
        load()

    assert "not/a/token" not in str(caught.value)
    assert "open-sesame" not in str(caught.value)
    assert caught.value.__suppress_context__  # a traceback would show the value's neighbourhood


def test_a_password_with_a_plain_at_sign_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://bot:open@sesame@127.0.0.1:1/bot")

    with pytest.raises(ConfigError, match="%40") as caught:
        load()

    assert "sesame" not in str(caught.value)


def test_migrations_need_no_token(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("BOT_TOKEN")
    environment.delenv("STAFF_CHAT_ID")

    assert config.load(DatabaseSettings, env_file=None).async_url
    assert refusal(BotSettings).startswith("BOT_TOKEN is missing.")


def test_finding_the_staff_chat_needs_only_the_token(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("STAFF_CHAT_ID")

    assert config.load(BotSettings, env_file=None).bot_id == 123456


def test_the_environment_wins_over_the_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("STAFF_CHAT_ID=-5\nLIMIT_TOTAL=7\nLOG_LEVEL=\nANOTHER_PROGRAMS=1\n", "utf-8")
    environment.setenv("LIMIT_TOTAL", "8")
    environment.setenv("STAFF_CHAT_ID", "")  # unset: the file's counts

    settings = config.load(Settings, env_file=file)

    assert (settings.staff_chat_id, settings.limit_total) == (-5, 8)
    assert settings.log_level == "INFO"


def test_a_byte_order_mark_is_no_part_of_the_first_name(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.delenv("BOT_TOKEN")
    file = tmp_path / ".env"
    file.write_text("BOT_TOKEN=7:x\n", "utf-8-sig")

    assert config.load(Settings, env_file=file).bot_id == 7


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("STAFF_LANGUAGE=рус".encode("cp1251"))

    with pytest.raises(ConfigError, match="UTF-8"):
        config.load(Settings, env_file=file)


def test_the_file_is_beside_main() -> None:
    assert (config.ENV_FILE.parent / "pyproject.toml").exists()
    assert config.ENV_FILE.name == ".env"


def test_settings_do_not_change_while_the_bot_runs() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().limit_total = 5  # type: ignore[misc]


def test_loading_leaves_the_environment_alone() -> None:
    before = dict(os.environ)

    load()

    assert dict(os.environ) == before
