"""Unary calls with a deadline, retries and our exceptions."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, List, Optional, Tuple

import grpc
import grpc.aio

from sconce.client.channels import Target
from sconce.client.errors import Error, FailedPrecondition, of_call
from sconce.client.retries import NO_RETRIES, Retries
from sconce.client.wire import Method

Metadata = List[Tuple[str, str]]


# gRPC takes what lies further ahead for the past.
_ENDLESS_SECONDS = 365.0 * 24 * 3600


class Clock:
    """What is left of a deadline; None, infinity and years are none."""

    def __init__(self, timeout: Optional[float]) -> None:
        endless = timeout is None or timeout > _ENDLESS_SECONDS
        self._end = None if endless else time.monotonic() + (timeout or 0.0)

    def left(self) -> Optional[float]:
        """Seconds, not below 0; None without a deadline."""
        if self._end is None:
            return None
        return max(0.0, self._end - time.monotonic())


class Caller:
    """Calls over a channel of its own. Thread-safe."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._channel = target.open()
        self._is_closed = False

    def close(self) -> None:
        self._is_closed = True
        self._channel.close()

    @property
    def channel(self) -> grpc.Channel:
        """Raises FailedPrecondition once it is closed."""
        self.check_open()
        return self._channel

    def check_open(self) -> None:
        if self._is_closed:
            raise _closed(self.target)

    def call(
        self,
        method: Method,
        request: Any,
        timeout: Optional[float],
        retries: Retries = NO_RETRIES,
    ) -> Any:
        """The response. `timeout` (seconds) is for all tries together."""
        clock, failed = Clock(timeout), 0
        send = self.channel.unary_unary(method.path, **serializers(method))
        while True:
            try:
                return send(
                    request,
                    timeout=clock.left(),
                    metadata=self.target.metadata(),
                )
            except grpc.RpcError as raised:
                error = of_call(raised, self.target.address)
            failed += 1
            pause = retries.pause(error, failed, clock.left(), random.random)
            if pause is None:
                raise error from None
            time.sleep(pause)


class AsyncCaller:
    """The same for asyncio; for use within one event loop."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._channel = target.open_async()
        self._is_closed = False

    async def close(self) -> None:
        self._is_closed = True
        await self._channel.close()

    @property
    def channel(self) -> grpc.aio.Channel:
        """Raises FailedPrecondition once it is closed."""
        self.check_open()
        return self._channel

    def check_open(self) -> None:
        if self._is_closed:
            raise _closed(self.target)

    async def call(
        self,
        method: Method,
        request: Any,
        timeout: Optional[float],
        retries: Retries = NO_RETRIES,
    ) -> Any:
        clock, failed = Clock(timeout), 0
        send = self.channel.unary_unary(method.path, **serializers(method))
        while True:
            try:
                return await send(
                    request,
                    timeout=clock.left(),
                    metadata=self.target.metadata(),
                )
            except grpc.aio.AioRpcError as raised:
                error: Error = of_call(raised, self.target.address)
            failed += 1
            pause = retries.pause(error, failed, clock.left(), random.random)
            if pause is None:
                raise error from None
            await asyncio.sleep(pause)


def _closed(target: Target) -> FailedPrecondition:
    return FailedPrecondition(
        f"the client of {target.address} is closed; make a new one"
    )


def serializers(method: Method) -> Any:
    """The keyword arguments by which a channel makes a call of `method`."""
    return {
        "request_serializer": method.request.SerializeToString,
        "response_deserializer": method.response.FromString,
    }
