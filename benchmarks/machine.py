"""The machine that the figures were measured on."""

import platform
from importlib.metadata import version
from pathlib import Path

import psutil

_PACKAGES = ("aiogram", "SQLAlchemy", "aiosqlite", "asyncpg", "pydantic")


def described() -> dict[str, str]:
    """Name processor, system and versions."""
    return {
        "processor": f"{_processor()}, {psutil.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    } | {name: version(name) for name in _PACKAGES}


def _processor() -> str:
    """Name the model, which Linux has only in a file."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
