"""Where settings come from besides plain variables, and what is said of names that nobody reads."""

from datetime import timedelta
from pathlib import Path

import pytest

from core import config
from core.config import BotSettings, ConfigError, DatabaseSettings, Settings

pytestmark = pytest.mark.usefixtures("environment")

TOKEN = "123456:ABC-DEF"


def load() -> Settings:
    return config.load(Settings, env_file=None)


def refusal() -> str:
    with pytest.raises(ConfigError) as caught:
        load()
    return str(caught.value)


# Misspelt names ---------------------------------------------------------------------------------


@pytest.fixture
def env_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty `.env`, and nothing of ours in the environment."""
    for name in ("BOT_TOKEN", "STAFF_CHAT_ID"):
        environment.delenv(name)
    return tmp_path / ".env"


def test_a_misspelt_setting_in_the_file_is_named_with_the_one_that_is_meant(
    env_file: Path,
) -> None:
    env_file.write_text(f"BOT_TOKEN={TOKEN}\nSTAFF_CHAT_ID=-5\nSTAFF_BATCH_SECOND=3\n", "utf-8")

    with pytest.raises(ConfigError) as caught:
        config.load(Settings, env_file=env_file)

    assert str(caught.value) == (
        f"STAFF_BATCH_SECOND in {env_file} is not a setting of the bot. "
        "Did you mean STAFF_BATCH_SECONDS?"
    )


def test_a_name_in_the_file_that_resembles_no_setting_is_only_worth_a_word(env_file: Path) -> None:
    env_file.write_text(f"BOT_TOKEN={TOKEN}\nSTAFF_CHAT_ID=-5\nIMAGE_TAG=3\n", "utf-8")

    assert config.load(Settings, env_file=env_file).staff_chat_id == -5
    assert [(one.name, one.meant) for one in config.strays(env_file)] == [("IMAGE_TAG", None)]


def test_a_misspelt_setting_in_the_environment_is_only_worth_a_word(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("STAFF_BATCH_SECOND", "5")

    assert load().staff_batch_seconds == timedelta(seconds=3)
    assert [one.meant for one in config.strays(None)] == ["STAFF_BATCH_SECONDS"]


def test_what_is_missing_is_named_beside_what_is_misspelt(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("BOT_TOKEN")
    environment.setenv("BOT_TOKN", TOKEN)

    missing, misspelt = refusal().splitlines()

    assert missing.startswith("BOT_TOKEN is missing.")
    assert misspelt == (
        "BOT_TOKN in the environment is not a setting of the bot. Did you mean BOT_TOKEN?"
    )


# Secrets in files -------------------------------------------------------------------------------


def test_a_secret_may_come_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("BOT_TOKEN")
    for name, content in {
        "BOT_TOKEN": "7:x\n",
        "DATABASE_URL": "\ufeffpostgres://u:p@host/name\n",
        "TELEGRAM_PROXY": "proxy:3128",
    }.items():
        (tmp_path / name).write_text(content, "utf-8")
        environment.setenv(f"{name}_FILE", str(tmp_path / name))

    assert load().bot_id == 7
    assert load().async_url == "postgresql+asyncpg://u:p@host/name"
    assert load().proxy == "http://proxy:3128"


def test_a_secret_in_a_file_may_be_named_in_the_file_of_settings(env_file: Path) -> None:
    token = env_file.with_name("token")
    token.write_text("7:x", "utf-8")
    env_file.write_text(f"BOT_TOKEN=\nBOT_TOKEN_FILE={token}\n", "utf-8")

    assert config.load(BotSettings, env_file=env_file).bot_id == 7


def test_migrations_read_where_the_database_is_from_a_file_too(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("BOT_TOKEN_FILE", "/missing")  # and nothing that they don't need
    environment.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    (tmp_path / "url").write_text("postgres://host/name", "utf-8")

    assert config.load(DatabaseSettings, env_file=None).async_url.endswith("://host/name")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (b" \n", "it is empty, or no UTF-8 text"),
        ("токен".encode("cp1251"), "it is empty, or no UTF-8 text"),
    ],
)
def test_a_file_without_a_secret_is_one_sentence_that_does_not_name_it(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, why: str
) -> None:
    environment.delenv("BOT_TOKEN")
    environment.setenv("BOT_TOKEN_FILE", str(tmp_path / "token"))
    if content is not None:
        (tmp_path / "token").write_bytes(content)

    assert refusal() == f"BOT_TOKEN_FILE: the file cannot be used: {why}."


def test_a_secret_that_is_given_twice_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BOT_TOKEN_FILE", "/run/secrets/token")

    assert refusal() == "BOT_TOKEN and BOT_TOKEN_FILE are both set: keep one."


def test_a_file_that_holds_something_else_is_refused_like_the_setting(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.delenv("BOT_TOKEN")
    environment.setenv("BOT_TOKEN_FILE", str(tmp_path / "token"))
    (tmp_path / "token").write_text("correct horse", "utf-8")

    assert refusal().startswith(
        "BOT_TOKEN (from BOT_TOKEN_FILE) is wrong: what it is set to does not have the form "
    )


# The proxy --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("proxy:3128", "http://proxy:3128"),
        ("http://u:p%40@10.0.0.1:3128/", "http://u:p%40@10.0.0.1:3128"),
        ("SOCKS5://[2001:db8::1]:1080", "socks5://[2001:db8::1]:1080"),
        ("socks5h://proxy:1080", "socks5://proxy:1080"),
        ("socks4a://proxy:1080", "socks4://proxy:1080"),
        ("socks://proxy:1080", "socks5://proxy:1080"),
    ],
)
def test_a_proxy_is_named_as_elsewhere(
    environment: pytest.MonkeyPatch, written: str, used: str
) -> None:
    environment.setenv("TELEGRAM_PROXY", written)

    assert load().proxy == used


def test_our_own_setting_wins_over_the_variables_that_all_programs_read(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("HTTPS_PROXY", "http://of-all:1")
    assert load().proxy == "http://of-all:1"

    environment.setenv("TELEGRAM_PROXY", "http://ours:1")
    assert load().proxy == "http://ours:1"


@pytest.mark.parametrize("name", ["TELEGRAM_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:8081", "https://bot-api.internal"])
def test_this_machine_and_what_no_proxy_names_are_never_proxied(
    environment: pytest.MonkeyPatch, name: str, url: str
) -> None:
    environment.setenv("NO_PROXY", ".internal")
    environment.setenv("TELEGRAM_API_URL", url)
    environment.setenv(name, "http://proxy:1")

    assert load().proxy is None


# What may be shown ------------------------------------------------------------------------------


def test_what_is_not_at_its_default_is_told_without_secrets(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("DATABASE_URL", "postgres://u:open-sesame@host:5433/name?passfile=secret")
    environment.setenv("TELEGRAM_PROXY", "socks5://u:open-sesame@proxy:1080")
    environment.setenv("SUPPORT_TIMEZONE", "Europe/Berlin")
    environment.setenv("STAFF_BATCH_SECONDS", "5")
    environment.setenv("LOG_LEVEL", "INFO")

    assert config.changed(load()) == {
        "database_url": "postgresql://host:5433/name",
        "telegram_proxy": "socks5://proxy:1080",
        "staff_chat_id": -1001234,
        "support_timezone": "Europe/Berlin",
        "staff_batch_seconds": 5,
    }


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgres://u:p@host:5433/name?ssl=require", "postgresql://host:5433/name"),
        ("postgres:///name?host=/run", "postgresql:///name"),
        ("postgres://u:left/over@host/name", "postgresql://host/name"),
        ("sqlite:////var/x.db?timeout=5", "sqlite:////var/x.db"),
    ],
)
def test_an_address_of_the_database_is_its_place_alone(
    environment: pytest.MonkeyPatch, url: str, address: str
) -> None:
    environment.setenv("DATABASE_URL", url)

    assert load().database == address


def test_the_passwords_of_urls_are_secrets_too(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgres://u:open%20sesame@host/name")
    environment.setenv("TELEGRAM_PROXY", "socks5://u:xyzzy@proxy:1080")

    assert set(load().secrets) == {TOKEN, "open%20sesame", "open sesame", "xyzzy"}
