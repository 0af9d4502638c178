"""The records of a TorchScript archive, read without torch.

An archive is a zip file with one top folder, whose name is free:
`<top>/data.pkl`, `<top>/constants.pkl`, `<top>/code/…`.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sconce.inspect.errors import InspectError

CHUNK = 1 << 20


class Records:
    """An open archive. One thread at a time; a context manager.

    Raises InspectError where the file is no TorchScript archive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise not_torchscript(path) from error
        self._entries = {
            str(PurePosixPath(*PurePosixPath(info.filename).parts[1:])): info
            for info in self._zip.infolist()
        }
        if not self._is_torchscript():
            self._zip.close()
            raise not_torchscript(path)

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read(self, name: str, limit: int) -> bytes | None:
        """The record, or None when it is missing or longer than `limit`."""
        info = self._entries.get(name)
        if info is None or info.file_size > limit:
            return None
        return b"".join(self._chunks(info))

    def sources(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Name and bytes, in chunks, of every record that can hold code.

        By suffix and in either case, duplicates included: LibTorch finds
        records without regard to case.
        """
        for info in self._zip.infolist():
            if info.filename.lower().endswith(".py"):
                yield info.filename, self._chunks(info)

    def _is_torchscript(self) -> bool:
        has_code = any(name.startswith("code/") for name in self._entries)
        return has_code and "constants.pkl" in self._entries

    def _chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError,
                EOFError) as error:
            raise InspectError(
                f"{self.path}: record '{info.filename}' is damaged: {error}; "
                "export the model again"
            ) from error


def not_torchscript(path: Path) -> InspectError:
    """The error for a file of another kind."""
    return InspectError(
        f"{path}: not a TorchScript archive, which is all that can be "
        f"inspected; 'sconce check {path}' says what it is and what to do"
    )
