import pytest

from core.spelling import Stray, in_environment, in_file, one_off

SETTINGS = ["BOT_TOKEN", "DB_NAME", "LOG_LEVEL", "STAFF_BATCH_SECONDS", "STAFF_CHAT_ID"]


@pytest.mark.parametrize(
    "typed",
    [
        *("STAFF_CHAT_I", "STAFF_CHATID", "STAF_CHAT_ID", "TAFF_CHAT_ID"),  # missing
        *("STAFF_CHAT_IDS", "STAFFF_CHAT_ID", "XSTAFF_CHAT_ID"),  # too many
        *("STAFF_CHAT_IT", "STUFF_CHAT_ID", "ZTAFF_CHAT_ID"),  # wrong
        *("STAFF_CHAT_DI", "SATFF_CHAT_ID"),  # swapped
    ],
)
def test_one_letter_off_is_a_slip(typed: str) -> None:
    assert one_off(typed, "STAFF_CHAT_ID")


@pytest.mark.parametrize("typed", ["STAFFCHATID", "STAFF_CHAT", "STUFF_CHAT_IT", "ATSFF_CHAT_ID"])
def test_two_letters_off_are_another_name(typed: str) -> None:
    assert not one_off(typed, "STAFF_CHAT_ID")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("STAFF_BATCH_SECOND", "STAFF_BATCH_SECONDS"),
        ("STAF_BATCH_SECOND", "STAFF_BATCH_SECONDS"),
        ("BOTTOKEN", "BOT_TOKEN"),
        ("IMAGE_TAG", None),
    ],
)
def test_in_a_file_of_ours_every_unknown_name_is_found(name: str, meant: str | None) -> None:
    assert list(in_file([name, "LOG_LEVEL"], SETTINGS, ".env")) == [Stray(name, ".env", meant)]


def test_what_docker_compose_reads_is_no_slip() -> None:
    names = ["POSTGRES_PASSWORD", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME", "DOCKER_HOST"]

    assert list(in_file(names, SETTINGS, ".env")) == []


def test_in_the_environment_only_a_slip_of_one_letter_is_found() -> None:
    names = ["STAFF_BATCH_SECOND", "PATH", "STAFF_ROOM", "TELEGRAM_TOKEN", "DB_HOST", "LOG_LEVEL"]

    assert list(in_environment(names, SETTINGS)) == [
        Stray("STAFF_BATCH_SECOND", "the environment", "STAFF_BATCH_SECONDS")
    ]


def test_a_name_beside_the_setting_that_it_resembles_belongs_to_another_program() -> None:
    assert list(in_environment(["LOGLEVEL", "LOG_LEVEL"], SETTINGS)) == []


def test_it_says_what_is_likely_meant() -> None:
    assert str(Stray("BOT_TOKN", ".env", "BOT_TOKEN")) == (
        "BOT_TOKN in .env is not a setting of the bot. Did you mean BOT_TOKEN?"
    )
    assert str(Stray("IMAGE_TAG", ".env", None)) == "IMAGE_TAG in .env is not a setting of the bot."
