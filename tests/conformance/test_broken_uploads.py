"""UploadModel when clients stop half-way, come at once, or the server dies."""

import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import add_version, ask, write_archive
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import HalfUpload, header_of, refusal, tree, upload
from sconce_support.waiting import eventually

FLAGS = (
    *("--model-control-mode", "explicit", "--load-model", "*"),
    *("--allow-operator", "__setstate__", "--load-threads", "2"),
)
KEPT = {"kept", "kept/1", "kept/1/model.pt"}
CODES = grpc.StatusCode


class FailsLate(nn.Module):
    """Keeps its load busy before it makes it fail."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        return x + self.count

    @torch.jit.export
    def __getstate__(self) -> tuple[int, bool]:
        return self.count, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]) -> None:
        self.count = state[0]
        self.training = state[1]
        while self.count < 5_000_000:
            self.count += 1
        assert self.count < 0, "counted too far"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    add_version(made, "kept", 1)
    return made


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    return write_archive(tmp_path / "two.pt", 2.0).read_bytes()


@pytest.fixture
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([folder], *FLAGS, binary=binary) as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def test_a_stream_that_breaks_leaves_nothing(
    folder: Path,
    management: Management,
    client: InferenceServerClient,
    archive: bytes,
) -> None:
    for name in ("kept", "new"):
        broken = HalfUpload(management, folder, archive, name)
        broken.cancel()
        eventually(lambda: tree(folder) == KEPT, "the bytes to be removed")
    assert ask(client, "kept") == ("1", 1.0)


def test_a_resumable_upload_goes_on_where_it_broke(
    folder: Path,
    management: Management,
    client: InferenceServerClient,
    archive: bytes,
) -> None:
    key = {"name": "kept", "sha256": header_of(archive, "kept")["sha256"]}
    assert management.GetUpload(**key).offset == 0
    broken = HalfUpload(management, folder, archive, "kept", resumable=True)
    broken.cancel()

    def try_at(offset: int) -> tuple[grpc.StatusCode, str]:
        return refusal(
            lambda: upload(
                management, archive, "kept", resumable=True, offset=offset
            )
        )

    eventually(lambda: try_at(1)[0] != CODES.ABORTED, "the server to notice")
    code, text = try_at(1)
    assert code == CODES.OUT_OF_RANGE
    assert f"go on from offset {broken.half}" in text
    offset = management.GetUpload(**key).offset
    assert offset == broken.half
    rest = {"resumable": True, "offset": offset}
    assert upload(management, archive, "kept", **rest) == 2
    assert ask(client, "kept") == ("2", 2.0)
    assert management.GetUpload(**key).offset == 0
    assert tree(folder) == KEPT | {"kept/2", "kept/2/model.pt"}


def test_the_same_archive_twice_at_once(
    folder: Path, management: Management, archive: bytes
) -> None:
    first = HalfUpload(management, folder, archive, "kept")
    code, text = refusal(lambda: upload(management, archive, "kept"))
    assert code == CODES.ABORTED
    assert "being uploaded for this model already" in text
    assert first.finish() == 2
    assert upload(management, archive, "kept") == 3


def test_slow_uploads_hold_up_nobody(
    folder: Path, management: Management, tmp_path: Path, archive: bytes
) -> None:
    # More than there are threads for uploads.
    slow = []
    for i in range(4, 8):
        data = write_archive(tmp_path / f"{i}.pt", float(i)).read_bytes()
        slow.append(HalfUpload(management, folder, data, f"slow-{i}"))
    assert [m.name for m in management.ListModels().models] == ["kept"]
    assert upload(management, archive, "kept") == 2
    assert [one.finish() for one in slow] == [1] * 4


def test_one_that_fails_takes_nothing_of_another_with_it(
    folder: Path,
    management: Management,
    client: InferenceServerClient,
    tmp_path: Path,
    archive: bytes,
) -> None:
    torch.jit.script(FailsLate()).save(tmp_path / "late.pt")
    late = (tmp_path / "late.pt").read_bytes()
    codes: list[grpc.StatusCode] = []
    failing = threading.Thread(
        target=lambda: codes.append(
            refusal(lambda: upload(management, late, "kept"))[0]
        )
    )
    failing.start()
    eventually(lambda: (folder / "kept/2").exists(), "its load to begin")
    assert upload(management, archive, "kept") == 3
    failing.join()
    assert codes == [CODES.INVALID_ARGUMENT]
    assert ask(client, "kept") == ("3", 2.0)
    assert "kept/2" not in tree(folder)
    states = management.ListModels().models[0].versions
    assert {v.version: v.state for v in states}[3] == "READY"
    assert 2 not in {v.version for v in states}


def test_what_was_not_loaded_in_time_is_gone_after_a_crash(
    folder: Path, binary: Path, tmp_path: Path
) -> None:
    torch.jit.script(FailsLate()).save(tmp_path / "late.pt")
    late = (tmp_path / "late.pt").read_bytes()
    header = header_of(late, "kept")
    with (
        ServerProcess([folder], *FLAGS, binary=binary) as process,
        Management(process.management_address) as management,
    ):
        call = management.begin_upload([late], **header)
        eventually(lambda: (folder / "kept/2").exists(), "its load to begin")
        process.kill()
        assert refusal(call.result)[0] == CODES.UNAVAILABLE
    with (
        ServerProcess([folder], *FLAGS, binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert tree(folder) == KEPT
        assert ask(client, "kept") == ("1", 1.0)


def test_a_restart_removes_what_is_left(
    folder: Path, binary: Path, archive: bytes
) -> None:
    with (
        ServerProcess([folder], *FLAGS, binary=binary) as process,
        Management(process.management_address) as management,
    ):
        half = HalfUpload(management, folder, archive, "kept", resumable=True)
        process.kill()
        half.cancel()
        assert tree(folder) != KEPT
    with ServerProcess([folder], *FLAGS, binary=binary):
        assert tree(folder) == KEPT
