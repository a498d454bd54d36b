"""Downloading: https://core.telegram.org/bots/api#getfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.registry import method

if TYPE_CHECKING:
    from sandbox.model import Json
    from sandbox.params import Params
    from sandbox.world import World


@method("getFile", "file_id")
def get_file(world: World, params: Params) -> Json:
    """#getfile."""
    return world.files.info(params.text("file_id"))
