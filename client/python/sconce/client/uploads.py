"""The parts of an upload: header, chunks, and how far it has come."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Union

from sconce.client.errors import InvalidInput
from sconce.client.wire import management

_CHUNK_BYTES = 1 << 20

# Called with the bytes that were sent and all there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Archive:
    """A model file that is to be uploaded."""

    path: Path
    size: int
    sha256: str

    @classmethod
    def read(cls, path: Union[str, os.PathLike[str]]) -> Archive:
        """Reads the whole file once. InvalidInput when it cannot be read."""
        digest = hashlib.sha256()
        try:
            with open(path, "rb") as file:
                for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""):
                    digest.update(chunk)
                size = file.tell()
        except OSError as error:
            raise InvalidInput(
                f"{os.fspath(path)} cannot be read: {error.strerror}"
            ) from error
        return cls(Path(path), size, digest.hexdigest())

    def parts(
        self, name: str, version: int, offset: int, told: Progress
    ) -> Iterator[Any]:
        """UploadModelRequests from `offset` on; resumable."""
        request = management["UploadModel"].request
        yield request(header={
            "name": name,
            "version": version,
            "sha256": self.sha256,
            "size": self.size,
            "offset": offset,
            "resumable": True,
        })
        with self.path.open("rb") as file:
            file.seek(offset)
            while offset < self.size and (chunk := file.read(_CHUNK_BYTES)):
                yield request(chunk=chunk)
                offset += len(chunk)
                told(offset, self.size)


def silent(sent: int, total: int) -> None:
    """No progress is shown."""


def progress_or_none(progress: Optional[Progress]) -> Progress:
    return progress or silent
