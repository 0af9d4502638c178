"""sconce/model.json: the whole document, both directions."""

import json
from collections.abc import Mapping
from typing import Any

from sconce.archive.errors import MetadataError
from sconce.archive.field_reader import Field
from sconce.archive.specs import Example, ModelMetadata
from sconce.archive.spec_document import method_to_json, read_method
from sconce.archive.tensors import example_to_json, read_example
from sconce.archive.datatypes import Array

FORMAT = "sconce.model"
VERSION = 1
HOW = ("trace", "script", "given")


def to_json(metadata: ModelMetadata) -> bytes:
    """The document as UTF-8. Its examples refer to tensors by the keys that
    `sconce.archive.tensors` gives them."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "producer": dict(metadata.producer),
        "source": dict(metadata.source),
        "how": metadata.how,
        "description": metadata.description,
        "labels": {k: list(each) for k, each in metadata.labels.items()},
        "methods": {
            name: method_to_json(each)
            for name, each in metadata.methods.items()
        },
        "tolerances": {k: dict(v) for k, v in metadata.tolerances.items()},
        "examples": [
            example_to_json(index, each)
            for index, each in enumerate(metadata.examples)
        ],
        "examples_left_out": list(metadata.examples_left_out),
        "mismatches": list(metadata.mismatches),
        "notes": list(metadata.notes),
    }
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode()


def parse(data: bytes) -> Field:
    """The document's root. Raises MetadataError for what is no JSON, another
    format, and a newer version."""
    try:
        root = Field(json.loads(data), "")
    except (ValueError, RecursionError) as error:
        raise MetadataError(f"it is no JSON document: {error}") from None
    if not isinstance(root.value, dict):
        raise MetadataError("it is no JSON object")
    root.at("format").one_of([FORMAT])
    version = root.at("version").integer()
    if version > VERSION:
        raise MetadataError(
            f"version: {version} is newer than {VERSION}, the newest known "
            "here; install a newer sconce"
        )
    if version < 1:
        raise root.at("version").fault("1")
    return root


def from_json(root: Field, tensors: Mapping[str, Array]) -> ModelMetadata:
    """Raises MetadataError for the first field that is wrong. Unknown fields
    are ignored: a later writer may add some within the version."""
    return ModelMetadata(
        methods={
            name: read_method(each)
            for name, each in root.at("methods").members().items()
        },
        examples=_examples(root, tensors),
        how=root.at("how", "trace").one_of(HOW),
        description=root.at("description", "").text(),
        **_annotations(root),
    )


def _examples(
    root: Field, tensors: Mapping[str, Array]
) -> tuple[Example, ...]:
    items = root.at("examples", []).items()
    return tuple(read_example(each, tensors) for each in items)


def _annotations(root: Field) -> dict[str, Any]:
    """The fields that are tables and lists of plain values."""
    tolerances = root.at("tolerances", {}).members()
    return {
        "producer": _texts_by_name(root.at("producer", {})),
        "source": _texts_by_name(root.at("source", {})),
        "labels": {
            name: each.texts()
            for name, each in root.at("labels", {}).members().items()
        },
        "tolerances": {
            dtype: {k: v.number() for k, v in each.members().items()}
            for dtype, each in tolerances.items()
        },
        "examples_left_out": root.at("examples_left_out", []).texts(),
        "mismatches": root.at("mismatches", []).texts(),
        "notes": root.at("notes", []).texts(),
    }


def _texts_by_name(field: Field) -> dict[str, str]:
    return {name: each.text() for name, each in field.members().items()}
