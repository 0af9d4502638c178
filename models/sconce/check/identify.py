"""Names a file by what is in it."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from sconce.check import advice
from sconce.check.archive import OnRead
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind
from sconce.check.legacy_pickle import (
    MAGIC_PICKLE,
    describe_legacy,
    describe_pickle,
)
from sconce.check.legacy_tar import describe_tar
from sconce.check.onnx_model import describe_onnx, read_onnx
from sconce.check.safetensors_file import (
    describe_safetensors,
    is_safetensors,
)
from sconce.check.signatures import describe_other
from sconce.check.zip_kinds import damaged, describe_zip

HEAD = 512
PICKLE_PROTOCOLS = tuple(bytes((0x80, number)) for number in range(2, 6))


def check_file(
    path: str | os.PathLike[str], on_read: OnRead = lambda done, of: None
) -> Finding:
    """What the file is, whatever its name says. `on_read` is told how many
    bytes of how many were read where that takes long.

    Raises OSError where it cannot be read. A damaged or hostile file raises
    nothing: it is a finding too.
    """
    path = os.fspath(path)
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        return _directory(Path(path))
    if not stat.S_ISREG(mode):
        return Finding(
            Kind.OTHER, "a device or pipe, no file", advice=advice.NO_MODEL
        )
    with open(path, "rb") as file:
        head = file.read(HEAD)
        try:
            return _by_head(path, file, head, on_read)
        except DamagedError as error:
            return damaged(f"a file of torch.save, but {error}")


def _by_head(
    path: str, file: BinaryIO, head: bytes, on_read: OnRead
) -> Finding:
    if not head:
        return Finding(Kind.EMPTY, "empty: 0 bytes", advice=advice.AGAIN)
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return describe_zip(path, file, on_read)
    if head.startswith(MAGIC_PICKLE):
        return describe_legacy(path, file)
    if head[4:8] == b"PTMF":
        return _flatbuffer()
    if head[257:262] == b"ustar":
        return describe_tar(path, file)
    if is_safetensors(head):
        return describe_safetensors(path, head)
    if head.startswith(PICKLE_PROTOCOLS):
        return describe_pickle(path, file)
    model = read_onnx(file)
    return describe_onnx(path, model) if model else describe_other(head)


def _flatbuffer() -> Finding:
    return Finding(
        Kind.TORCHSCRIPT_FLATBUFFER,
        "a TorchScript model for mobile in flatbuffer format (.ff), which is "
        "not served",
        advice=advice.EXPORT_MODULE,
        command=advice.EXPORT,
    )


def _directory(path: Path) -> Finding:
    names = sorted(os.listdir(path))
    facts = {"entries": ", ".join(names[:10])}
    return Finding(
        Kind.DIRECTORY,
        "a directory, no file",
        facts,
        advice="name a file in it; a folder of models is served with "
        f"`sconce-server --model-repository {path}`",
    )
