"""What a check-up says of the file of settings."""

import os
from pathlib import Path

import pytest

from bot.checkup import env_file
from bot.checkup.line import Level

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no file has a mode there")


@pytest.mark.parametrize(("mode", "may"), [(0o644, "read"), (0o646, "read and change")])
def test_a_file_that_everybody_may_read_is_wrong(file_for_all: Path, mode: int, may: str) -> None:
    file_for_all.chmod(mode)

    (line,) = env_file.look(file_for_all)

    assert (line.about, line.level) == ("env_file", Level.WRONG)
    assert line.said == (
        f"Everybody on this machine may {may} {file_for_all}, which is for the bot's token."
    )
    assert line.cure.startswith(f"Run `chmod o-rwx '{file_for_all}'`. ")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_a_file_for_the_account_or_its_group_is_well(file_for_all: Path, mode: int) -> None:
    file_for_all.chmod(mode)

    (line,) = env_file.look(file_for_all)

    assert (line.level, line.said) == (
        Level.OK,
        f"Not everybody on this machine may read {file_for_all}.",
    )


def test_a_file_in_a_folder_that_is_closed_to_others_is_well(file_for_all: Path) -> None:
    file_for_all.parent.chmod(0o700)

    assert [line.level for line in env_file.look(file_for_all)] == [Level.OK]


def test_what_a_link_leads_to_counts(file_for_all: Path, tmp_path: Path) -> None:
    link = tmp_path / ".env"
    link.symlink_to(file_for_all)

    assert [line.level for line in env_file.look(link)] == [Level.WRONG]


def test_nothing_is_said_where_there_is_no_file_or_no_mode(
    file_for_all: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(env_file.look(file_for_all.with_name(".env"))) == []

    monkeypatch.setattr("bot.checkup.env_file.os.name", "nt")
    assert list(env_file.look(file_for_all)) == []
