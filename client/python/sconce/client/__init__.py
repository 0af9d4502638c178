"""The client library of Sconce; `from sconce import Client` has it too."""

from __future__ import annotations

from sconce.client.answers import Answer
from sconce.client.async_client import AsyncClient, AsyncModel
from sconce.client.async_management import AsyncManagement
from sconce.client.async_sequence import AsyncSequence
from sconce.client.channels import Tls, Token
from sconce.client.client import Client, Model
from sconce.client.errors import Error
from sconce.client.examples import Example
from sconce.client.management import Management
from sconce.client.retries import NO_RETRIES, Retries
from sconce.client.sequence import Sequence

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
    "NO_RETRIES",
    "Retries",
    "Sequence",
    "Tls",
    "Token",
]
