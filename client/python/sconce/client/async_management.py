"""AsyncManagement: Management for asyncio."""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Type,
    Union,
    cast,
)

import grpc.aio

from sconce.client import changes
from sconce.client.calls import AsyncCaller, serializers
from sconce.client.changes import Change, Version
from sconce.client.channels import Target, Tls, Token
from sconce.client.errors import Error, of_call
from sconce.client.examples import Example
from sconce.client.management import can_go_on
from sconce.client.states import (
    Changes,
    ModelDetails,
    ModelState,
    ServerDetails,
    changes_of,
)
from sconce.client.uploads import Archive, Progress, progress_or_none
from sconce.client.wire import management


class AsyncManagement:
    """For use within one event loop; an async context manager. Arguments and
    methods are those of Management."""

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
        self._caller = AsyncCaller(Target(address, tls, token))

    async def __aenter__(self) -> AsyncManagement:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._caller.close()

    async def models(self) -> List[ModelState]:
        return cast(List[ModelState], await self._send(changes.list_models()))

    async def model(self, name: str, version: Version = 0) -> ModelDetails:
        change = changes.get_model(name, version)
        return cast(ModelDetails, await self._send(change))

    async def server(self) -> ServerDetails:
        return cast(ServerDetails, await self._send(changes.server_info()))

    async def inspect(self, name: str, version: Version = 0) -> str:
        return cast(str, await self._send(changes.inspect_model(name, version)))

    async def examples(
        self, name: str, version: Version = 0
    ) -> List[Example]:
        """Requests with the right answers, of a version that is loaded; empty
        when its exporter left none."""
        sent = self._send(changes.model_examples(name, version))
        return cast(List[Example], await sent)

    async def load(self, name: str, versions: Iterable[int] = ()) -> None:
        await self._send(changes.load(name, versions))

    async def unload(self, name: str, versions: Iterable[int] = ()) -> None:
        await self._send(changes.unload(name, versions))

    async def delete_version(self, name: str, version: int) -> None:
        await self._send(changes.delete_version(name, version))

    async def set_alias(self, name: str, alias: str, version: int) -> None:
        await self.set_aliases(name, {alias: version})

    async def remove_alias(self, name: str, alias: str) -> None:
        await self.set_aliases(name, {}, [alias])

    async def set_aliases(
        self, name: str, aliases: Mapping[str, int], remove: Iterable[str] = ()
    ) -> None:
        await self._send(changes.set_aliases(name, aliases, remove))

    async def set_traffic(self, name: str, weights: Mapping[int, int]) -> None:
        await self._send(changes.set_traffic(name, weights))

    async def rollback(self, name: str) -> int:
        return cast(int, await self._send(changes.rollback(name)))

    async def upload(
        self,
        name: str,
        path: Union[str, os.PathLike[str]],
        *,
        version: int = 0,
        progress: Optional[Progress] = None,
    ) -> int:
        """As Management.upload(); `progress` is called in the event loop."""
        archive = await asyncio.get_running_loop().run_in_executor(
            None, Archive.read, path
        )
        attempt = 0
        while True:
            offset = await self._send(
                changes.get_upload(name, version, archive.sha256)
            )
            parts = archive.parts(
                name, version, offset, progress_or_none(progress)
            )
            try:
                return await self._upload(parts)
            except Error as error:
                if not can_go_on(error, attempt):
                    raise
            attempt += 1

    async def watch(self, resume_token: str = "") -> AsyncIterator[Changes]:
        """As Management.watch()."""
        method = management["WatchModels"]
        call = self._caller.channel.unary_stream(
            method.path, **serializers(method)
        )(
            method.request(resume_token=resume_token),
            metadata=self._caller.target.metadata(),
        )
        try:
            async for response in call:
                yield changes_of(response)
        except grpc.aio.AioRpcError as raised:
            raise of_call(raised, self.address) from None
        finally:
            call.cancel()

    async def _send(self, change: Change) -> Any:
        timeout = None if change.takes_as_long_as_a_load else self.timeout
        return change.read(
            await self._caller.call(change.method, change.request, timeout)
        )

    async def _upload(self, parts: Iterator[Any]) -> int:
        method = management["UploadModel"]
        send = self._caller.channel.stream_unary(
            method.path, **serializers(method)
        )
        try:
            response = await send(
                parts, metadata=self._caller.target.metadata()
            )
        except grpc.aio.AioRpcError as raised:
            raise of_call(raised, self.address) from None
        return cast(int, response.version)
