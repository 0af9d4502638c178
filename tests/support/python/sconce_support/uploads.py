"""Uploads to the management service, whole or stopped half-way."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc

from sconce_support.management import Management
from sconce_support.waiting import eventually

CHUNK_BYTES = 64 << 10

# Beside the models; not of an upload.
_KEPT = {".sconce", ".sconce/uploads", ".sconce/trash", ".sconce/state.json"}


def header_of(archive: bytes, name: str, **fields: Any) -> dict[str, Any]:
    """What an honest client says of these bytes, but for `fields`."""
    sha256 = hashlib.sha256(archive).hexdigest()
    return {"name": name, "sha256": sha256, "size": len(archive)} | fields


def chunks(archive: bytes, begin: int = 0) -> Iterator[bytes]:
    for at in range(begin, len(archive), CHUNK_BYTES):
        yield archive[at : at + CHUNK_BYTES]


def upload(
    management: Management, archive: bytes, name: str, **fields: Any
) -> int:
    """The version that these bytes became."""
    header = header_of(archive, name, **fields)
    return management.upload(
        chunks(archive, header.get("offset", 0)), **header
    ).version


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    """Code and message of a call that has to fail."""
    try:
        answer = call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError(f"expected an error, got {answer!r}")


def tree(repository: Path) -> set[str]:
    """All there is, but for what the server keeps for itself."""
    found = {str(p.relative_to(repository)) for p in repository.rglob("*")}
    return found - _KEPT


class HalfUpload:
    """An upload that stops half-way, until it is told to go on.

    Made when the server has stored the first half.
    """

    def __init__(
        self,
        management: Management,
        repository: Path,
        archive: bytes,
        name: str,
        **fields: Any,
    ) -> None:
        self.half = len(archive) // 2
        self._archive = archive
        self._may_go_on = threading.Event()
        header = header_of(archive, name, **fields)
        self._call = management.begin_upload(self._chunks(), **header)
        key = hashlib.sha256((header["sha256"] + name).encode()).hexdigest()
        part = repository / ".sconce/uploads" / f"{key}.part"
        eventually(
            lambda: part.exists() and part.stat().st_size == self.half,
            "half of the upload to be stored",
        )

    def finish(self) -> int:
        """Sends the rest; the version that it became."""
        self._may_go_on.set()
        return self._call.result().version

    def cancel(self) -> None:
        self._call.cancel()
        self._may_go_on.set()

    def _chunks(self) -> Iterator[bytes]:
        yield self._archive[: self.half]
        self._may_go_on.wait()
        yield self._archive[self.half :]
