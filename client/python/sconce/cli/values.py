"""Inputs of `sconce predict`: files and texts as values for the client.

What a file holds is told by its content: .npy, .npz, an image, or JSON.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Mapping
from typing import Any, Dict, List, Tuple

import numpy as np

from sconce.cli.faults import WRONG_CALL, Fault
from sconce.cli.images import ImageOptions, image_tensor, is_image
from sconce.client.arguments import argument_names
from sconce.client.metadata import ModelMetadata, TensorInfo

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"


class InputReader:
    """Reads what a user names, for the inputs of one method."""

    def __init__(
        self, metadata: ModelMetadata, options: ImageOptions
    ) -> None:
        self._metadata, self._options = metadata, options

    def read(
        self, files: "tuple[str, ...]", inputs: "tuple[str, ...]"
    ) -> Dict[str, Any]:
        """Values by argument or input. `files` are for the arguments in their
        order, `inputs` are NAME=VALUE, NAME=@FILE or @FILE, FILE being - for
        standard input. Raises Fault."""
        found: Dict[str, Any] = {}
        free = iter(argument_names(self._metadata))
        for path in files:
            self._add(found, next(free, ""), path)
        for text in inputs:
            if text.startswith("@"):
                self._add(found, "", text[1:])
                continue
            name, equals, value = text.partition("=")
            if not equals or not name:
                raise Fault(
                    f"--input '{text}' is not NAME=VALUE, NAME=@FILE or @FILE",
                    WRONG_CALL,
                )
            if value.startswith("@"):
                self._add(found, name, value[1:], named=True)
            else:
                found[name] = value_in(value)
        return found

    def _add(
        self, found: Dict[str, Any], name: str, path: str, named: bool = False
    ) -> None:
        """A file for one argument; an .npz or a JSON object that is not for a
        certain one has its arguments' names inside."""
        value = self._content(path, name)
        if isinstance(value, _Named) and not named:
            found.update(value)
        elif not name:
            raise Fault(
                f"{path}: {self._metadata.name} has no argument left for it; "
                "say which with --input NAME=@FILE",
                WRONG_CALL,
            )
        else:
            found[name] = only(value, path)

    def _content(self, path: str, name: str) -> Any:
        content, source = bytes_of(path)
        if content.startswith(_NPY):
            return _array(content, source)
        if content.startswith(_ZIP):
            return _arrays(content, source)
        if is_image(content):
            return image_tensor(
                content, source, self._info(name), self._options
            )
        return _json(content, source)

    def _info(self, name: str) -> TensorInfo:
        for info in self._metadata.inputs:
            if info.name == name:
                return info
        return TensorInfo(name or "?")


class _Named(Dict[str, Any]):
    """Values that come with their names: of an .npz, or a JSON object."""

    of_arrays = False


def value_in(text: str) -> Any:
    """JSON; what is none is a string."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def only(value: Any, source: str) -> Any:
    """Of an archive with one array, that; anything else as it is."""
    if isinstance(value, _Named) and value.of_arrays:
        if len(value) != 1:
            raise Fault(
                f"{source} holds {len(value)} arrays "
                f"({', '.join(value)}); give it as --input @FILE",
                WRONG_CALL,
            )
        return next(iter(value.values()))
    return dict(value) if isinstance(value, Mapping) else value


def bytes_of(path: str) -> Tuple[bytes, str]:
    """The content of a file, - being standard input, and what to call it."""
    if path == "-":
        return sys.stdin.buffer.read(), "standard input"
    try:
        with open(path, "rb") as file:
            return file.read(), path
    except OSError as error:
        raise Fault(
            f"{path} cannot be read: {error.strerror}", WRONG_CALL
        ) from None


def _array(content: bytes, source: str) -> Any:
    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise Fault(
            f"{source} is no good .npy file: {error}", WRONG_CALL
        ) from None


def _arrays(content: bytes, source: str) -> Any:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            named = _Named({name: archive[name] for name in archive.files})
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise Fault(
            f"{source} is no good .npz file: {error}", WRONG_CALL
        ) from None
    named.of_arrays = True
    return named


def _json(content: bytes, source: str) -> Any:
    try:
        value = json.loads(content)
    except (ValueError, UnicodeDecodeError):
        raise Fault(
            f"{source} is none of .npy, .npz, a readable image and JSON; "
            "give another file",
            WRONG_CALL,
        ) from None
    return _Named(value) if isinstance(value, dict) else value


def numbers_in(text: str, count: "tuple[int, ...]") -> "tuple[float, ...]":
    """Of `0.5` or `0.5,0.4,0.3`; `count` are the lengths that are allowed."""
    try:
        found: List[float] = [float(each) for each in text.split(",")]
    except ValueError:
        found = []
    if len(found) not in count:
        raise Fault(
            f"'{text}' is not {' or '.join(map(str, count))} numbers with "
            "commas between them",
            WRONG_CALL,
        )
    return tuple(found)
