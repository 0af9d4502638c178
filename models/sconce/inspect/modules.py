"""Reads the module tree and its tensors."""

from collections.abc import Iterator, Mapping

import torch

from sconce.inspect.inspection import ModuleEntry, TensorEntry

Named = Iterator[tuple[str, str, torch.Tensor]]


def module_entries(model: torch.jit.ScriptModule) -> list[ModuleEntry]:
    """Every module, parents before their children."""
    return [
        ModuleEntry(
            path=path,
            type=getattr(module, "original_name", type(module).__name__),
            training=module.training,
            parameters=sum(
                tensor.numel() for tensor in module.parameters(recurse=False)
            ),
        )
        for path, module in model.named_modules(remove_duplicate=False)
    ]


def tensor_entries(
    model: torch.jit.ScriptModule, constants: Mapping[str, torch.Tensor]
) -> list[TensorEntry]:
    """Parameters, buffers and constants; each storage is counted once."""
    owners: dict[int, str] = {}
    return [
        tensor_entry(kind, name, tensor, owners)
        for kind, name, tensor in named_tensors(model, constants)
    ]


def named_tensors(
    model: torch.jit.ScriptModule, constants: Mapping[str, torch.Tensor]
) -> Named:
    """Kind, dotted name and tensor, shared ones under each of their names."""
    parameters = model.named_parameters(remove_duplicate=False)
    buffers = model.named_buffers(remove_duplicate=False)
    yield from (("parameter", *named) for named in parameters)
    yield from (("buffer", *named) for named in buffers)
    yield from (("constant", *named) for named in constants.items())


def tensor_entry(
    kind: str, name: str, tensor: torch.Tensor, owners: dict[int, str]
) -> TensorEntry:
    key, size = storage_of(tensor)
    owner = owners.setdefault(key, name)
    return TensorEntry(
        name=name,
        kind=kind,
        dtype=str(tensor.dtype).removeprefix("torch."),
        shape=list(tensor.shape),
        elements=tensor.numel(),
        bytes=size if owner == name else 0,
        shares=None if owner == name else owner,
    )


def storage_of(tensor: torch.Tensor) -> tuple[int, int]:
    """An identity and the bytes; a sparse tensor has no storage of its own."""
    if tensor.layout != torch.strided:
        return id(tensor), tensor.values().nbytes
    storage = tensor.untyped_storage()
    return storage._cdata, storage.nbytes()
