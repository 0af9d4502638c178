"""KnownMetadata: what was told of a model's method, so that it is asked once.

It is one method, of one version or alias or of whatever version answers.
"""

from __future__ import annotations

from typing import Dict, Optional

from sconce.client.metadata import ModelMetadata


class KnownMetadata:
    """Thread-safe by the atomicity of its single steps: at worst two threads
    ask for the same."""

    def __init__(self) -> None:
        self._latest: Optional[ModelMetadata] = None
        self._of: Dict[str, ModelMetadata] = {}

    @property
    def latest(self) -> Optional[ModelMetadata]:
        """By which arguments are bound; None: ask the server."""
        return self._latest

    def learn(self, found: ModelMetadata) -> None:
        """What the server says now."""
        self._latest = found
        if len(found.versions) == 1:  # then it can be of no other
            self._of[found.versions[0]] = found

    def learn_version(self, version: str, found: ModelMetadata) -> None:
        self._of[version] = found

    def forget(self) -> None:
        """After a refusal: the model may have been replaced."""
        self._latest = None
        self._of.clear()

    def of_answer(
        self, version: str, sent: ModelMetadata
    ) -> Optional[ModelMetadata]:
        """By which the outputs of `version` are put together, for a request
        that was bound by `sent`; None: ask the server for that version.
        Where it tells no structures there is nothing to ask for."""
        return sent if sent.structure is None else self._of.get(version)
