"""Metadata to the extra files of a TorchScript archive."""

import dataclasses

from sconce.archive.consistency import check_consistency
from sconce.archive.document import to_json
from sconce.archive.specs import Example, ModelMetadata
from sconce.archive.tensors import size_of, to_safetensors

DOCUMENT = "sconce/model.json"
TENSORS = "sconce/examples.safetensors"
EXAMPLE_BYTES = 4 << 20


def to_extra_files(
    metadata: ModelMetadata, *, max_example_bytes: int = EXAMPLE_BYTES
) -> dict[str, bytes]:
    """What `torch.jit.save` takes as `_extra_files`.

    Examples are taken in their order as long as the tensors of all of them
    stay within `max_example_bytes`; the names of the others are recorded.
    Raises MetadataError where the metadata contradicts itself.
    """
    check_consistency(metadata)
    kept, left_out = _within(metadata.examples, max_example_bytes)
    names = tuple(each.name for each in left_out)
    written = dataclasses.replace(
        metadata,
        examples=kept,
        examples_left_out=(*metadata.examples_left_out, *names),
    )
    return {DOCUMENT: to_json(written), TENSORS: to_safetensors(kept)}


def _within(
    examples: tuple[Example, ...], limit: int
) -> tuple[tuple[Example, ...], list[Example]]:
    """Those that fit into `limit` bytes, and those that do not."""
    kept, left_out, used = [], [], 0
    for example in examples:
        size = size_of(example)
        if used + size <= limit:
            kept.append(example)
            used += size
        else:
            left_out.append(example)
    return tuple(kept), left_out
