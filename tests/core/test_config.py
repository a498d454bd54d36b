import os
import sys
from datetime import timedelta
from pathlib import Path, PureWindowsPath
from zoneinfo import ZoneInfo

import pytest

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

    assert len(lines) == 2
    assert lines[0].startswith("BOT_TOKEN is missing. Expected: The bot's token from @BotFather")
    assert lines[1].startswith("STAFF_CHAT_ID is missing. Expected: Id of the staff group")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_TOKEN", "no-colon"),
        ("BOT_TOKEN", "12:with space"),
        ("BOT_TOKEN", "12:"),
        ("BOT_TOKEN", "1" * 5000 + ":x"),
        ("STAFF_CHAT_ID", "1234"),
        ("STAFF_CHAT_ID", "0"),
        ("STAFF_CHAT_ID", "@group"),
        ("STAFF_LANGUAGE", "fr"),
        ("DATABASE_URL", "postgresql+psycopg2://u:p@host/name"),
        ("DATABASE_URL", "mysql://u:p@host/name"),
        ("DATABASE_URL", "postgresql://u:p@host:port/name"),
        ("DATABASE_URL", "postgresql://u:p@host"),
        ("DATABASE_URL", "support.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DB_NAME", "what?.db"),
        ("DB_NAME", "~nobody-of-that-name/x.db"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_PROXY", "proxy"),
        ("TELEGRAM_PROXY", "proxy:0"),
        ("TELEGRAM_PROXY", "http://proxy"),
        ("TELEGRAM_PROXY", "http://proxy:70000"),
        ("TELEGRAM_PROXY", "http://user@proxy:3128"),
        ("TELEGRAM_PROXY", "http://user:p@ss@proxy:3128"),
        ("TELEGRAM_PROXY", "https://proxy:3128"),  # speaks TLS itself: aiohttp-socks can't
        ("TELEGRAM_PROXY", "ftp://proxy:3128"),
        ("SUPPORT_TIMEZONE", "Mars/Phobos"),
        ("SUPPORT_TIMEZONE", "Europe"),
        ("SUPPORT_TIMEZONE", "../../etc/passwd"),
        ("LIMIT_PER_CHAT", "-1"),
        ("LIMIT_PER_GROUP", "nan"),
        ("LIMIT_TOTAL", "inf"),
        ("STAFF_BATCH_SECONDS", "-1"),
        ("STAFF_BATCH_SECONDS", "soon"),
        ("STAFF_BATCH_SECONDS", "inf"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_answered_with_one_line_that_says_what_is_expected(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)

    expected = Settings.model_fields[name.lower()].description
    assert refusal() == f"{name} is wrong. Expected: {expected}"


def test_a_language_that_the_bot_does_not_speak_is_answered_with_those_that_it_speaks(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("STAFF_LANGUAGE", "tlh")

    assert refusal() == (
        "STAFF_LANGUAGE is wrong. Expected: Language of the staff group: "
        f"{languages.listed(languages.LANGUAGES)}."
    )


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
