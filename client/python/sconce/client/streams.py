"""One ModelStreamInfer stream: requests in, their answers in the same order."""

from __future__ import annotations

import asyncio
import queue
import threading
from typing import Any, List, Optional, Tuple, Union

import grpc
import grpc.aio

from sconce.client.calls import AsyncCaller, Caller, serializers
from sconce.client.channels import Target
from sconce.client.errors import (
    DeadlineExceeded,
    Error,
    Unavailable,
    of_call,
    of_code,
)
from sconce.client.wire import inference

_METHOD = inference["ModelStreamInfer"]


def metadata_for(target: Target) -> List[Tuple[str, str]]:
    """An error ends the stream with its code; as a message it has none."""
    return [*target.metadata(), ("triton_grpc_error", "true")]


class Stream:
    """For one thread at a time. A thread of its own waits for answers, so
    that waiting for one can have an end; it ends with the call."""

    def __init__(self, caller: Caller) -> None:
        self._address = caller.target.address
        self._requests: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
        self._answers: "queue.SimpleQueue[Union[Error, Any]]" = (
            queue.SimpleQueue()
        )
        open_stream = caller.channel.stream_stream(
            _METHOD.path, **serializers(_METHOD)
        )
        self._call = open_stream(
            iter(self._requests.get, None),
            metadata=metadata_for(caller.target),
        )
        threading.Thread(
            target=self._read, name="sconce-stream", daemon=True
        ).start()

    def send(self, request: Any) -> None:
        self._requests.put(request)

    def receive(self, timeout: Optional[float]) -> Any:
        """The next ModelInferResponse; sconce.Error ends the stream."""
        try:
            found = self._answers.get(timeout=timeout)
        except queue.Empty:
            self.close()
            raise late(timeout) from None
        if isinstance(found, Error):
            self.close()
            raise found
        return answer_in(found)

    def close(self) -> None:
        self._requests.put(None)
        self._call.cancel()

    def _read(self) -> None:
        try:
            for response in self._call:
                self._answers.put(response)
            self._answers.put(ended(self._address))
        except grpc.RpcError as raised:
            self._answers.put(of_call(raised, self._address))


class AsyncStream:
    """The same for asyncio; for one task at a time."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._address = caller.target.address
        open_stream = caller.channel.stream_stream(
            _METHOD.path, **serializers(_METHOD)
        )
        self._call = open_stream(metadata=metadata_for(caller.target))

    async def send(self, request: Any) -> None:
        try:
            await self._call.write(request)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # receive() says what happened

    async def receive(self, timeout: Optional[float]) -> Any:
        reading = asyncio.ensure_future(self._call.read())
        try:
            done, _ = await asyncio.wait([reading], timeout=timeout)
        finally:
            if not reading.done():
                reading.cancel()
                self.close()
        if not done:
            raise late(timeout)
        try:
            found = reading.result()
        except grpc.aio.AioRpcError as raised:
            error = of_call(raised, self._address)
        else:
            if found is not grpc.aio.EOF:
                return answer_in(found)
            code = (await self._call.code()).name
            error = of_code(code, await self._call.details() or "")
        raise error

    def close(self) -> None:
        self._call.cancel()


def late(timeout: Optional[float]) -> Error:
    return DeadlineExceeded(f"no answer within {timeout} s")


def ended(address: str) -> Error:
    return Unavailable(f"{address} ended the stream")


def answer_in(message: Any) -> Any:
    """The response; an error that came as text, from a server that does not
    know our metadata, has no code."""
    if message.error_message:
        raise Error(message.error_message)
    return message.infer_response


