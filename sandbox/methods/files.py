"""Downloading: https://core.telegram.org/bots/api#getfile."""

from __future__ import annotations

from sandbox.errors import bad_request
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World


@method("getUserProfilePhotos", "user_id", ignored="offset limit")
def get_user_profile_photos(world: World, params: Params) -> Json:
    """#getuserprofilephotos: nobody here has any."""
    if params.integer("user_id") not in world.people:
        raise bad_request("invalid user_id specified")
    return {"total_count": 0, "photos": []}


@method("getFile", "file_id")
def get_file(world: World, params: Params) -> Json:
    """#getfile."""
    return world.files.info(params.text("file_id"))
