"""Calls and answers held against Telegram's documentation in machine-readable form.

The description (Bot API 10.1) lies beside the checkout, not in it. Where it is not, `missing()`
says so, for `pytest.skip`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.calls import Call

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "telegram"

# Fields and parameters that the description does not know although they are right, and why.
KNOWN_DIFFERENCES = {
    "can_send_welcome_messages": "aiogram 3.31 follows Bot API 10.3 and insists on it in every "
    "administrator; the description is of 10.1",
}


def missing() -> str:
    """Why nothing can be checked here; empty when it can."""
    if (FOLDER / "conform.py").exists():
        return ""
    return f"Telegram's description is not beside the checkout: there is no {FOLDER.name} folder"


@cache
def _spec() -> Any:
    location = importlib.util.spec_from_file_location("telegram_conform", FOLDER / "conform.py")
    if location is None or location.loader is None:
        raise FileNotFoundError(FOLDER)
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module.Spec()


def check(calls: Iterable[Call | Mapping[str, Any]]) -> list[str]:
    """What is wrong with these calls, apart from the known differences.

    Takes `sandbox.calls`, or their JSON from the control API. Left out are results that a fault
    made unreadable on purpose, and raw updates that a test injected.
    """
    findings: list[str] = []
    for call in calls:
        findings += _one(call.json() if isinstance(call, Call) else call)
    return findings


def _known_only(value: Any) -> Any:
    """The value without the fields that are known differences."""
    if isinstance(value, list):
        return [_known_only(item) for item in value]
    if isinstance(value, dict):
        return {k: _known_only(v) for k, v in value.items() if k not in KNOWN_DIFFERENCES}
    return value


def _one(call: Mapping[str, Any]) -> list[str]:
    """A call's parameters, and its result if it worked."""
    params = _known_only(dict(call["params"]))
    fields = _spec().methods.get(call["method"].lower(), {}).get("fields", ())
    params |= {f["name"]: "attach" for f in fields if f["name"] in call["files"]}
    wrong: list[str] = list(_spec().request(call["method"], params))
    answer = call["answer"]
    if answer is None or not answer["ok"] or call["fault"] == "garbage":
        return wrong
    result = _known_only(answer["result"])
    if call["injected"]:
        result = [update for update in result if update["update_id"] not in call["injected"]]
    return wrong + list(_spec().result(call["method"], result))
