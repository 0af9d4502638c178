"""What is in the file: golden examples, mismatches, all or nothing."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sconce.archive import read_metadata
from sconce.export import ExportReport, UsageError, export
from tests.models.export import traps

Exported = Callable[..., ExportReport]


def test_golden_examples_are_what_eager_answers(exported: Exported) -> None:
    model = nn.Linear(4, 2)
    report = exported(model, (torch.randn(2, 4),))
    metadata = read_metadata(report.path)
    assert metadata is not None
    assert 2 <= len(metadata.examples) <= 8
    assert metadata.examples[0].name == "given"
    for example in metadata.examples:
        x = torch.from_numpy(np.array(example.inputs["input"]))
        with torch.no_grad():
            expected = model(x).numpy()
        np.testing.assert_array_equal(example.outputs["output_0"], expected)


def test_golden_examples_differ_in_size(exported: Exported) -> None:
    report = exported(nn.Linear(4, 2), (torch.randn(2, 4),))
    rows = {len(one.inputs["input"]) for one in report.metadata.examples}
    assert {0, 2, 3} <= rows


def test_large_examples_are_left_out_by_name(exported: Exported) -> None:
    report = exported(nn.ReLU(), (torch.randn(1, 400_000),))
    metadata = report.metadata
    assert [one.name for one in metadata.examples][0] == "given"
    assert metadata.examples_left_out
    kept = sum(one.inputs["input"].nbytes for one in metadata.examples)
    assert 2 * kept <= 4 << 20


def test_every_method_has_examples(exported: Exported) -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 1

        def other(self, x: Tensor) -> Tensor:
            return x + 2

    report = exported(
        Two(), (torch.ones(2),), methods={"other": (torch.ones(2),)}
    )
    methods = {one.method for one in report.metadata.examples}
    assert methods == {"forward", "other"}


def test_bfloat16_examples(exported: Exported) -> None:
    x = torch.randn(2, 4, dtype=torch.bfloat16)
    report = exported(nn.Linear(4, 2).bfloat16(), (x,))
    metadata = read_metadata(report.path)
    assert metadata is not None
    assert metadata.methods["forward"].outputs[0].dtype == "BF16"
    assert metadata.examples[0].inputs["input"].dtype.name == "bfloat16"


def test_an_allowed_mismatch_is_in_the_file(exported: Exported) -> None:
    report = exported(
        traps.Gate(), (torch.ones(2, 3),), how="trace", allow_mismatch=True
    )
    metadata = read_metadata(report.path)
    assert metadata is not None
    assert len(metadata.mismatches) == len(report.mismatches) > 0
    assert "variation 'negated', output_0" in metadata.mismatches[0]


def test_the_source_is_named_by_its_hash(exported: Exported) -> None:
    report = exported(traps.Scaled(), (torch.ones(2), 3), entry="traps:make")
    content = Path(traps.__file__).read_bytes()
    assert report.metadata.source == {
        "entry": "traps:make",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_the_producer_has_its_versions(exported: Exported) -> None:
    producer = exported(nn.Linear(3, 2), (torch.ones(1, 3),)).metadata.producer
    assert producer["torch"] == torch.__version__.partition("+")[0]
    assert producer.keys() == {"sconce", "torch", "python"}


def test_a_failed_export_leaves_the_old_file(target: Path) -> None:
    export(nn.Linear(4, 2), (torch.ones(2, 4),), target)
    before = target.read_bytes()
    with pytest.raises(UsageError, match="labels: no output 'class'"):
        export(
            nn.Linear(4, 2),
            (torch.ones(2, 4),),
            target,
            labels={"class": ["a", "b"]},
        )
    assert target.read_bytes() == before
    assert [one.name for one in target.parent.iterdir()] == [target.name]


def test_labels_have_to_be_as_many_as_the_classes(target: Path) -> None:
    with pytest.raises(UsageError, match="labels: 3 for 'output_0', whose"):
        export(
            nn.Linear(4, 2),
            (torch.ones(2, 4),),
            target,
            labels=["a", "b", "c"],
        )


def test_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "net" / "1" / "model.pt"
    report = export(nn.Linear(4, 2), (torch.ones(2, 4),), path)
    assert report.path == path
    assert report.size == path.stat().st_size


def test_no_temporary_name_is_in_the_file(exported: Exported) -> None:
    report = exported(nn.Linear(4, 2), (torch.ones(2, 4),))
    with zipfile.ZipFile(report.path) as files:
        roots = {name.split("/")[0] for name in files.namelist()}
    assert roots == {"archive"}


def test_an_archive_loads_and_answers(exported: Exported) -> None:
    model = nn.Sequential(nn.Linear(4, 2), nn.ReLU()).eval()
    x = torch.randn(5, 4)
    archive = torch.jit.load(str(exported(model, (x,)).path))
    with torch.no_grad():
        assert torch.equal(archive(x), model(x))
