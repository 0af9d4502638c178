"""The right export of every entry passes, and finds out what is true of it."""

from pathlib import Path

import pytest
import torch
from sconce.archive import ModelMetadata, read_metadata

from models.zoo import ZOO
from models.zoo.repository import archive_path
from sconce_support.eager import zoo_model
from sconce_support.model_cache import zoo_repository

EXPORTED = [name for name in ZOO if name != "silero_vad"]


@pytest.fixture(scope="session")
def zoo() -> Path:
    """Made by the sources as they are now: each export passed its proof."""
    return zoo_repository()


def metadata_of(name: str, zoo: Path) -> ModelMetadata:
    metadata = read_metadata(archive_path(zoo_model(name), zoo))
    assert metadata is not None
    return metadata


@pytest.mark.parametrize("name", EXPORTED)
def test_an_export_without_mismatch(name: str, zoo: Path) -> None:
    metadata = metadata_of(name, zoo)
    if zoo_model(name).how != "auto":
        assert metadata.how == zoo_model(name).how
    assert not metadata.mismatches
    assert set(metadata.methods) == {"forward", *zoo_model(name).methods}


@pytest.mark.parametrize("name", EXPORTED)
def test_the_batch_dimension_is_found(name: str, zoo: Path) -> None:
    forward = metadata_of(name, zoo).methods["forward"]
    assert (forward.batch is not None) == zoo_model(name).batched


@pytest.mark.parametrize("name", EXPORTED)
def test_every_method_has_golden_examples(name: str, zoo: Path) -> None:
    metadata = metadata_of(name, zoo)
    for method in metadata.methods:
        count = sum(each.method == method for each in metadata.examples)
        assert 2 <= count <= 8, method


def test_an_archive_by_others_is_copied_as_it_is(zoo: Path) -> None:
    model = zoo_model("silero_vad")
    assert model.copied_from is not None
    copy = archive_path(model, zoo).read_bytes()
    assert copy == model.copied_from.read_bytes()


def test_two_traces_share_their_weights(zoo: Path) -> None:
    """One trace and its weights: what both hold is stored once."""
    model = zoo_model("two_traces")
    assert model.reference is not None
    parameters = list(model.reference.parameters())
    archive = torch.jit.load(archive_path(model, zoo))
    stored = {p.data_ptr() for p in archive.parameters()}
    assert len(stored) == len(parameters)
