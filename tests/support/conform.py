"""Checks calls and answers against Telegram's documentation in machine-readable form.

The description (Bot API 10.3) is kept beside the checkout. Where it is missing, `missing()`
says so, for `pytest.skip`.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.calls import Call

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "telegram"

# Fields and parameters that are right although the description does not have them, and why.
KNOWN_DIFFERENCES = {
    "colour": "nobody's parameter: a test shows that the sandbox ignores what Telegram does not "
    "know, as Telegram does, and writes it down",
}


# What the description misses although it is right, and why.
KNOWN_MISSING = (
    # “Required if ephemeral_message_id isn't specified”, which the description does not know yet.
    "reply_parameters: ReplyParameters.message_id is missing",
)

PARAMETERS = "ResponseParameters"

_MEDIA = {
    "animation": "InputMediaAnimation",
    "audio": "InputMediaAudio",
    "document": "InputMediaDocument",
    "live_photo": "InputMediaLivePhoto",
    "photo": "InputMediaPhoto",
    "video": "InputMediaVideo",
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


def check(
    calls: Iterable[Call | Mapping[str, Any]], *, wrong_on_purpose: bool = False
) -> list[str]:
    """What is wrong with these calls and their answers, apart from the known differences.

    Takes `sandbox.calls`, or their JSON from the control API. Left out are results that a fault
    made unreadable on purpose, and raw updates that a test injected. `wrong_on_purpose` leaves
    out the parameters of calls that failed; their answers are still checked.
    """
    findings: list[str] = []
    for call in calls:
        shown = call.json() if isinstance(call, Call) else call
        worked = shown["answer"] is not None and shown["answer"]["ok"]
        if worked or not wrong_on_purpose:
            findings += _asked(shown)
        if shown["answer"] is not None:
            findings += _worked(shown) if worked else _refused(shown)
    return findings


def _known_only(value: Any) -> Any:
    """The value without the fields that are known differences."""
    if isinstance(value, list):
        return [_known_only(item) for item in value]
    if isinstance(value, dict):
        return {k: _known_only(v) for k, v in value.items() if k not in KNOWN_DIFFERENCES}
    return value


def _asked(call: Mapping[str, Any]) -> list[str]:
    """A call's parameters; what was uploaded under a parameter's name is one."""
    params = _known_only(dict(call["params"]))
    fields = _spec().methods.get(call["method"].lower(), {}).get("fields", ())
    params |= {f["name"]: "attach" for f in fields if f["name"] in call["files"]}
    findings = list(_spec().request(call["method"], params))
    other = [one for one in findings if not one.startswith("sendMediaGroup.media")]
    if "ephemeral_message_parameters" in params:
        other = [one for one in other if not one.endswith(KNOWN_MISSING)]
    return other + _items(params)


def _items(params: Mapping[str, Any]) -> list[str]:
    """Each item of an album by its own type: the description knows no album of mixed ones."""
    media = params.get("media")
    items = json.loads(media) if isinstance(media, str) else media
    return [
        finding
        for item in (items if isinstance(items, list) else [])
        for finding in _spec().object(_MEDIA.get(item.get("type"), "InputMedia"), item)
    ]


def _worked(call: Mapping[str, Any]) -> list[str]:
    """The result of a call that worked."""
    if call["fault"] == "garbage":
        return []
    result = _known_only(call["answer"]["result"])
    if call["injected"]:
        result = [update for update in result if update["update_id"] not in call["injected"]]
    return list(_spec().result(call["method"], result))


def _refused(call: Mapping[str, Any]) -> list[str]:
    """The shape of a refusal: https://core.telegram.org/bots/api#making-requests."""
    answer = dict(call["answer"])
    where, told = f"{call['method']} refused", answer.pop("parameters", {})
    wrong = [] if answer.pop("error_code", None) == call["status"] else [f"{where}: error_code"]
    description = answer.pop("description", None)
    if not isinstance(description, str) or not description:
        wrong.append(f"{where}: description is {description!r}")
    if answer != {"ok": False}:
        wrong.append(f"{where}: more than it should be: {answer}")
    return wrong + [f"{where}: {finding}" for finding in _spec().object(PARAMETERS, told)]
