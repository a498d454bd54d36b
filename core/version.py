"""The version, which only `pyproject.toml` states."""

import tomllib

from core.config import PROJECT


def version() -> str:
    return str(tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
