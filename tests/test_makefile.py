"""`make install` and `make setup` on machines with other Pythons, which are made up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import PROJECT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make is for POSIX")

# A Python that makes environments whose pip writes down what it was asked for.
GOOD = """#!/bin/sh
case "$1 $2" in
"-m venv") rm -rf "$4"; mkdir -p "$4/bin" && cp "$0" "$4/bin/python" && basename "$0" >"$4/by";;
"-m pip") echo "$@" >> "$(dirname "$0")/../pip" ;;
esac
"""
SHIM = "#!/bin/sh\nexit 127\n"
OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_ENSUREPIP = """#!/bin/sh
case "$2" in
*ensurepip*) exit 1 ;;
*print*) echo python3.12 ;;
esac
"""
UV = """#!/bin/sh
for folder; do :; done
mkdir -p "$folder/bin"
cp "$(dirname "$0")/python3.14-of-uv" "$folder/bin/python"
echo uv > "$folder/by"
"""


class Machine:
    """A checkout, a home and a PATH that holds nothing but a shell's tools and what is added."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        self.bin = folder / "bin"
        for each in (self.checkout / ".ci", self.home, self.bin):
            each.mkdir(parents=True)
        for name in ("Makefile", ".ci/make-venv", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(PROJECT / name, self.checkout / name)
        for tool in ("sh", "mkdir", "rm", "cp", "basename", "dirname", "touch", "sed", "make"):
            (self.bin / tool).symlink_to(shutil.which(tool) or "/missing")

    def add(self, name: str, program: str) -> None:
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program, "utf-8")
        path.chmod(0o755)

    def make(self, *targets: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *targets],
            cwd=self.checkout,
            env={"PATH": str(self.bin), "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> list[str]:
        return (self.checkout / ".venv/pip").read_text("utf-8").splitlines()

    def made_by(self) -> str:
        return (self.checkout / ".venv/by").read_text("utf-8").strip()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_make_alone_prints_its_targets(machine: Machine) -> None:
    printed = machine.make().stdout

    for target in (
        "install",
        "setup",
        "check",
        "test",
        "demo",
        "torture",
        "simulate",
        "fuzz",
        "bench",
        "quiet",
    ):
        assert f"make {target}\t" in printed


def test_setup_installs_pinned_requirements_with_their_hashes_once(machine: Machine) -> None:
    machine.add("python3.13", GOOD)

    first, second = machine.make("setup"), machine.make("setup")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert len(machine.installed()) == 1
    assert "--require-hashes -r requirements-dev.txt" in machine.installed()[0]


def test_install_takes_what_the_bot_runs_on_and_nothing_else(machine: Machine) -> None:
    machine.add("python3.13", GOOD)

    first, second = machine.make("install"), machine.make("install")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert len(machine.installed()) == 1
    assert machine.installed()[0].endswith("--require-hashes -r requirements.txt")


def test_install_and_setup_follow_each_other_in_any_order(machine: Machine) -> None:
    """Each makes .venv afresh, so nothing of the other is left in it, or taken for being there."""
    machine.add("python3.13", GOOD)

    for target, requirements in (
        ("install", "requirements.txt"),
        ("setup", "requirements-dev.txt"),
        ("install", "requirements.txt"),
        ("setup", "requirements-dev.txt"),
    ):
        assert machine.make(target).returncode == 0
        (installed,) = machine.installed()
        assert installed.endswith(f"-r {requirements}")


@pytest.mark.parametrize(("target", "stamp"), [("install", ".installed"), ("setup", ".ready")])
def test_changed_requirements_are_installed_again(
    machine: Machine, target: str, stamp: str
) -> None:
    machine.add("python3.13", GOOD)
    machine.make(target)
    made = machine.checkout / ".venv" / stamp
    os.utime(made, (0, 0))

    machine.make(target)

    assert made.stat().st_mtime > 0


def test_a_failed_installation_is_tried_again(machine: Machine) -> None:
    machine.add("python3.13", GOOD.replace('"-m pip")', '"-m pip") exit 1;;\n"never")'))
    assert machine.make("setup").returncode == 2

    machine.add("python3.13", GOOD)

    assert machine.make("setup").returncode == 0


def test_shims_that_lead_nowhere_and_old_pythons_are_passed_over(machine: Machine) -> None:
    machine.add("python3.14", SHIM)
    machine.add("python3.13", OLD)
    machine.add("python3.12", WITHOUT_ENSUREPIP)
    machine.add("python3", OLD)
    machine.add("python", GOOD)

    assert machine.make("setup").returncode == 0
    assert machine.made_by() == "python"


def test_a_python_of_pyenv_is_found_in_its_folder(machine: Machine) -> None:
    machine.add("python3", OLD)
    machine.add("../home/.pyenv/versions/3.11.7/bin/python3", GOOD)
    machine.add("../home/.pyenv/versions/3.13.0/bin/python3", GOOD)

    assert machine.make("setup").returncode == 0
    assert machine.made_by() == "python3"


def test_uv_helps_where_no_python_serves(machine: Machine) -> None:
    machine.add("python3", OLD)
    machine.add("uv", UV)
    machine.add("python3.14-of-uv", GOOD)

    assert machine.make("setup").returncode == 0
    assert machine.made_by() == "uv"


def test_without_python_and_uv_one_sentence_says_what_to_install(machine: Machine) -> None:
    machine.add("python3", OLD)

    ended = machine.make("setup")

    assert ended.returncode == 2
    sentence, makes_own = ended.stderr.splitlines()
    assert sentence.startswith("No Python 3.12, 3.13 or 3.14 found: install one")
    assert makes_own.startswith("make:")


def test_a_link_in_place_of_the_environment_keeps_what_it_leads_to(machine: Machine) -> None:
    machine.add("python3.13", GOOD)
    target = machine.home / "shared"
    target.mkdir()
    (target / "theirs").touch()
    (machine.checkout / ".venv").symlink_to(target)

    ended = machine.make("setup")

    assert ended.returncode == 2
    assert ".venv is a link: remove it first." in ended.stderr
    assert [path.name for path in target.iterdir()] == ["theirs"]


def test_a_python_that_fails_to_make_it_is_not_said_to_be_missing(machine: Machine) -> None:
    machine.add(
        "python3", GOOD.replace('"-m venv")', '"-m venv") echo "disk full" >&2; exit 1;;\n"x")')
    )

    ended = machine.make("setup")

    assert ended.returncode == 2
    assert "disk full" in ended.stderr
    assert "python3 could not make .venv: see above." in ended.stderr
    assert "No Python" not in ended.stderr


def test_debians_python_without_its_venv_is_named(machine: Machine) -> None:
    machine.add("python3", WITHOUT_ENSUREPIP)

    ended = machine.make("setup")

    assert ended.returncode == 2
    assert "install the package python3.12-venv" in ended.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_hashed_and_name_no_server(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    entries = [line for line in text.splitlines() if line and line[0] not in " #"]

    assert len(entries) > 20
    assert all("==" in entry and entry.endswith("\\") for entry in entries)
    assert text.count("--hash=sha256:") >= len(entries)
    for word in ("://", "--index", "--extra-index", "--find-links", "--trusted-host"):
        assert word not in text


def test_both_requirements_pin_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        lines = (PROJECT / name).read_text("utf-8").splitlines()
        return {line.rstrip("\\ ") for line in lines if line and line[0] not in " #"}

    assert pins("requirements.txt") < pins("requirements-dev.txt")
