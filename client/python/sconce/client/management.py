"""Management: the service that changes and watches a server's models."""

from __future__ import annotations

import os
from types import TracebackType
from typing import (
    Any,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Type,
    Union,
    cast,
)

import grpc

from sconce.client import changes
from sconce.client.calls import Caller, serializers
from sconce.client.changes import Change, Version
from sconce.client.channels import Target, Tls, Token
from sconce.client.errors import Error, of_call
from sconce.client.examples import Example
from sconce.client.states import (
    Changes,
    ModelDetails,
    ModelState,
    ServerDetails,
    changes_of,
)
from sconce.client.uploads import Archive, Progress, progress_or_none
from sconce.client.wire import management

# An upload whose stream breaks goes on where the server has it.
UPLOAD_ATTEMPTS = 4


class Management:
    """A connection to a server's management port. Thread-safe; a context
    manager. Raises sconce.Error.

    `timeout` (seconds) is for calls that only ask or set; what loads a model
    takes as long as that does. No call is sent twice but an upload's rest.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 60.0,
        tls: Optional[Tls] = None,
        token: Union[Token, str, None] = None,
    ) -> None:
        token = Token(token) if isinstance(token, str) else token
        self.address, self.timeout = address, timeout
        self._caller = Caller(Target(address, tls, token))

    def __enter__(self) -> Management:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        self._caller.close()

    def models(self) -> List[ModelState]:
        """Every model that is registered or lies in a repository."""
        return cast(List[ModelState], self._send(changes.list_models()))

    def model(self, name: str, version: Version = 0) -> ModelDetails:
        """One version, by number or alias; 0: the highest there is."""
        return cast(ModelDetails, self._send(changes.get_model(name, version)))

    def server(self) -> ServerDetails:
        return cast(ServerDetails, self._send(changes.server_info()))

    def inspect(self, name: str, version: Version = 0) -> str:
        """What the archive holds, as JSON."""
        return cast(str, self._send(changes.inspect_model(name, version)))

    def examples(self, name: str, version: Version = 0) -> List[Example]:
        """Requests with the right answers, of a version that is loaded; empty
        when its exporter left none."""
        return cast(
            List[Example], self._send(changes.model_examples(name, version))
        )

    def load(self, name: str, versions: Iterable[int] = ()) -> None:
        """Returns when they can be used; none: what the policy picks."""
        self._send(changes.load(name, versions))

    def unload(self, name: str, versions: Iterable[int] = ()) -> None:
        self._send(changes.unload(name, versions))

    def delete_version(self, name: str, version: int) -> None:
        self._send(changes.delete_version(name, version))

    def set_alias(self, name: str, alias: str, version: int) -> None:
        self.set_aliases(name, {alias: version})

    def remove_alias(self, name: str, alias: str) -> None:
        self.set_aliases(name, {}, [alias])

    def set_aliases(
        self, name: str, aliases: Mapping[str, int], remove: Iterable[str] = ()
    ) -> None:
        """All in one step."""
        self._send(changes.set_aliases(name, aliases, remove))

    def set_traffic(self, name: str, weights: Mapping[int, int]) -> None:
        """Weights by version; none: the highest ready one gets all."""
        self._send(changes.set_traffic(name, weights))

    def rollback(self, name: str) -> int:
        """The version that serves now."""
        return cast(int, self._send(changes.rollback(name)))

    def upload(
        self,
        name: str,
        path: Union[str, os.PathLike[str]],
        *,
        version: int = 0,
        progress: Optional[Progress] = None,
    ) -> int:
        """Stores a model file as a version (0: one above the highest), loads
        it and returns its number. `progress` is called with the bytes that
        were sent and all there are, in a thread of gRPC's."""
        archive = Archive.read(path)
        attempt = 0
        while True:
            offset = self._send(
                changes.get_upload(name, version, archive.sha256)
            )
            try:
                return self._upload(
                    archive.parts(
                        name, version, offset, progress_or_none(progress)
                    )
                )
            except Error as error:
                if not can_go_on(error, attempt):
                    raise
            attempt += 1

    def watch(self, resume_token: str = "") -> Iterator[Changes]:
        """The states of all versions, then every change, until the server
        goes away (Unavailable). With the last token that came, it begins
        with what happened since."""
        method = management["WatchModels"]
        call = self._caller.channel.unary_stream(
            method.path, **serializers(method)
        )(
            method.request(resume_token=resume_token),
            metadata=self._caller.target.metadata(),
        )
        try:
            for response in call:
                yield changes_of(response)
        except grpc.RpcError as raised:
            raise of_call(raised, self.address) from None
        finally:
            call.cancel()

    def _send(self, change: Change) -> Any:
        timeout = None if change.takes_as_long_as_a_load else self.timeout
        return change.read(
            self._caller.call(change.method, change.request, timeout)
        )

    def _upload(self, parts: Iterator[Any]) -> int:
        method = management["UploadModel"]
        send = self._caller.channel.stream_unary(
            method.path, **serializers(method)
        )
        try:
            response = send(parts, metadata=self._caller.target.metadata())
        except grpc.RpcError as raised:
            raise of_call(raised, self.address) from None
        return cast(int, response.version)


def can_go_on(error: Error, attempt: int) -> bool:
    """Whether an upload is worth another try after `attempt` others."""
    return error.code == "UNAVAILABLE" and attempt + 1 < UPLOAD_ATTEMPTS
