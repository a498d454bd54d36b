"""Which function words which notice: the function says so itself, with a decorator."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from bot import wording
from bot.wording.context import Desk
from services.delivery.parcel import Parcel
from services.notices import Notice

type Wording = Callable[[Desk, Any], Awaitable[Parcel | None]]

_WORDINGS: dict[type[Notice], Wording] = {}


def words_for[W: Callable[..., Awaitable[Parcel | None]]](*kinds: type[Notice]) -> Callable[[W], W]:
    """Have a function word notices of these kinds."""

    def register(function: W) -> W:
        _WORDINGS.update(dict.fromkeys(kinds, function))
        return function

    return register


def wordings() -> dict[type[Notice], Wording]:
    """Give all wordings, of every module of this package."""
    for module in iter_modules(wording.__path__, f"{wording.__name__}."):
        import_module(module.name)
    return _WORDINGS
