"""The settings and `.env.example` say the same, word for word."""

import re
import textwrap
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic.fields import FieldInfo

from core.config import PROJECT, SECRETS, Settings, load

EXAMPLE = PROJECT / ".env.example"


def as_written(default: object) -> str:
    match default:
        case None:
            return ""
        case Path():
            return default.relative_to(PROJECT).as_posix()
        case frozenset():
            return ",".join(map(str, sorted(default)))
        case ZoneInfo():
            return default.key
        case timedelta():
            return f"{default.total_seconds():g}"
        case _:
            return str(default)


def paragraph(name: str, field: FieldInfo) -> str:
    sentence = textwrap.fill(field.description or "", 98, break_on_hyphens=False)
    line = (
        f"{name.upper()}="
        if field.is_required()
        else f"#{name.upper()}={as_written(field.default)}"
    )
    return textwrap.indent(sentence, "# ") + "\n" + line


def test_every_setting_is_in_the_example_with_its_sentence_and_its_default() -> None:
    fields = Settings.model_fields.items()
    required_first = sorted(fields, key=lambda item: not item[1].is_required())
    _, *written, files, docker = EXAMPLE.read_text("utf-8").split("\n\n")

    assert written == [paragraph(name, field) for name, field in required_first]
    assert re.findall(r"^#(\w+)_FILE=$", files, re.MULTILINE) == [one.upper() for one in SECRETS]
    assert docker.startswith("# Docker: ")


def test_the_example_has_nothing_that_nobody_reads() -> None:
    names = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE))
    compose = (PROJECT / "docker-compose.yml").read_text("utf-8")

    settings = {*Settings.model_fields, *(f"{name}_file" for name in SECRETS)}
    extra = names - {name.upper() for name in settings}

    assert extra == {"COMPOSE_PROFILES", "POSTGRES_PASSWORD"}
    assert all(name in compose for name in extra)


def test_the_example_filled_in_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    filled = (
        EXAMPLE.read_text("utf-8")
        .replace("BOT_TOKEN=", "BOT_TOKEN=7:x")
        .replace("STAFF_CHAT_ID=", "STAFF_CHAT_ID=-5")
        .replace("\n#", "\n")
    )
    sentences = re.compile(r"^ .*\n", re.MULTILINE)
    (tmp_path / ".env").write_text(sentences.sub("", filled), "utf-8")

    settings = load(Settings, env_file=tmp_path / ".env")

    assert settings.async_url.endswith("/support.db")
    assert settings.limit_total == 30
