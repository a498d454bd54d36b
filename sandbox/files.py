"""Files that were sent, and the identifiers the bot knows them by.

“file_id … can't be used to … by another bot” and “file_unique_id … is supposed to be the same
over time and for different bots” (https://core.telegram.org/bots/api#sending-files): so the
first carries the bot's id, the second is made from the content alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.errors import bad_request
from sandbox.model import Json

# “For the moment, bots can download files of up to 20MB in size.” (#getfile)
LARGEST_DOWNLOAD = 20 * 1024 * 1024
# How the smaller size of a photo is named; the sandbox keeps the same bytes for both.
SMALL = "-s"


@dataclass(slots=True, frozen=True)
class StoredFile:
    """One file: its kind, name and bytes (None if they are gone)."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    mime_type: str
    content: bytes | None

    def json(self) -> Json:
        """The fields every kind of file has; “file_size: Optional”."""
        view: Json = {"file_id": self.file_id, "file_unique_id": self.unique_id}
        return view if self.content is None else view | {"file_size": len(self.content)}

    @property
    def path(self) -> str:
        """File.file_path."""
        folder = {"photo": "photos", "voice": "voice", "sticker": "stickers"}
        return f"{folder.get(self.kind, 'documents')}/{self.unique_id}_{self.name}"


class Files:
    """All files of one bot."""

    def __init__(self, bot_id: int) -> None:
        """No files yet."""
        self._bot_id = bot_id
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, kind: str, name: str, content: bytes, mime_type: str) -> StoredFile:
        """Store a file under new identifiers."""
        unique = "AgAD" + hashlib.sha256(kind.encode() + content).hexdigest()[:16]
        file_id = f"BQACAg-{self._bot_id:x}-{kind}-{len(self._by_id) + 1}-{unique}"
        return self.put(StoredFile(file_id, unique, kind, name, mime_type, content))

    def put(self, stored: StoredFile) -> StoredFile:
        """Store a file that already has identifiers."""
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored

    def __iter__(self) -> Iterator[StoredFile]:
        """All of them, oldest first."""
        return iter(self._by_id.values())

    def get(self, file_id: str) -> StoredFile:
        """The file of that id; another bot's id is not known here."""
        stored = self._by_id.get(file_id.removesuffix(SMALL))
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return stored

    def info(self, file_id: str) -> Json:
        """https://core.telegram.org/bots/api#getfile."""
        stored = self._by_id.get(file_id.removesuffix(SMALL))
        if stored is None:
            raise bad_request("invalid file_id")
        if stored.content is None:
            # What getFile says while Telegram can't load a file (tdlib/telegram-bot-api#32).
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(stored.content) > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        return stored.json() | {"file_path": stored.path}

    def at(self, path: str) -> StoredFile | None:
        """The file that getFile gave this path, if its bytes are there."""
        stored = self._by_path.get(path)
        return stored if stored is not None and stored.content is not None else None
