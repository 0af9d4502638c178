"""Sconce: `from sconce import Client` asks an inference server.

Other distributions put packages of theirs beside ours (sconce-models has
`sconce.export`), also from other folders: hence the extended path. The names
below are imported on their first use, so that `sconce.check` and the like pay
nothing for a client that they do not need.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

__path__ = extend_path(__path__, __name__)

if TYPE_CHECKING:
    from sconce.client import (
        Answer,
        AsyncClient,
        AsyncManagement,
        AsyncModel,
        AsyncSequence,
        Client,
        Error,
        Example,
        Management,
        Model,
        Sequence,
        Tls,
        Token,
    )

__all__ = [
    "Answer",
    "AsyncClient",
    "AsyncManagement",
    "AsyncModel",
    "AsyncSequence",
    "Client",
    "Error",
    "Example",
    "Management",
    "Model",
    "Sequence",
    "Tls",
    "Token",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'sconce' has no attribute '{name}'")
    return getattr(import_module("sconce.client"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
