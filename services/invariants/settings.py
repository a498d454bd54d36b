"""A setting is what its last change says."""

from collections.abc import Iterator

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from database.team import Setting, SettingChange
from services.invariants.rule import Rule

_Last = aliased(SettingChange)


def rules() -> Iterator[Rule]:
    """List the rules of settings. A value is compared by its presence: JSON has no order.

    What is in no language has its value elsewhere: where tickets are, with the staff chat.
    """
    newest = (
        select(func.max(_Last.id))
        .where(_Last.key == Setting.key, _Last.language == Setting.language)
        .scalar_subquery()
    )
    set_now = exists().where(SettingChange.id == newest, SettingChange.value.is_not(None))
    yield Rule(
        "settings as changed",
        "A setting has a value, and its last change put the default back, or there is none",
        "settings",
        select(Setting.id).where(~set_now),
    )
    newer = exists().where(
        _Last.key == SettingChange.key,
        _Last.language == SettingChange.language,
        _Last.id > SettingChange.id,
    )
    kept = exists().where(
        Setting.key == SettingChange.key, Setting.language == SettingChange.language
    )
    yield Rule(
        "changes that count",
        "The last change of a setting gave it a value, and it has none",
        "changes",
        select(SettingChange.id).where(
            SettingChange.language != "", SettingChange.value.is_not(None), ~newer, ~kept
        ),
    )
