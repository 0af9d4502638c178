"""The source code and the graph of one method of an archive."""

from typing import Any

import torch

from sconce.inspect.errors import InspectError


def method_code(model: torch.jit.ScriptModule, target: str) -> str:
    """The TorchScript source of `target`; InspectError when there is none."""
    text: str = find_method(model, target).code
    return text


def method_graph(model: torch.jit.ScriptModule, target: str) -> str:
    """The graph of `target`; calls of submodules are calls, not copies."""
    return str(find_method(model, target).graph)


def find_method(model: torch.jit.ScriptModule, target: str) -> Any:
    """`forward`, `encode`, `layer1.0`, `layer1.0.forward`.

    A path that names a module means its forward.
    """
    modules = dict(model.named_modules(remove_duplicate=False))
    path, _, name = target.rpartition(".")
    candidates = [(target, "forward"), (path, name)]
    for module, method in candidates:
        if module in modules and modules[module]._c._has_method(method):
            return modules[module]._c._get_method(method)
    raise InspectError(unknown_target(modules, target))


def unknown_target(modules: dict[str, Any], target: str) -> str:
    """Says what there is at the longest part of the path that exists."""
    path = target
    while path and path not in modules:
        path = path.rpartition(".")[0]
    owner = f"module '{path}'" if path else "the top module"
    methods = ", ".join(sorted(modules[path]._c._method_names())) or "none"
    children = ", ".join(
        name for name, _ in modules[path].named_children()
    ) or "none"
    return (
        f"no method or module '{target}'; {owner} has methods: {methods}; "
        f"modules: {children}"
    )
