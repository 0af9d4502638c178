"""Load that does not wait for answers: a request every so often, whatever.

A client that waits for each answer sends nothing while a server stalls, and so
misses the very failures a drain could cause.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Self

import grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

_CALL_SECONDS = 20.0


class OpenLoop:
    """Sends one request at a fixed rate to a set of servers.

    An answer that `check` does not like is a failure.

    An async context manager: load runs inside its body, and leaving it waits
    for the last answers. Used by one event loop.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        service_config: str,
        request: service_pb2.ModelInferRequest,
        per_second: float,
        check: Callable[[service_pb2.ModelInferResponse], bool] | None = None,
    ) -> None:
        self._channel = grpc.aio.insecure_channel(
            "ipv4:" + ",".join(addresses),
            options=[
                ("grpc.service_config", service_config),
                # Otherwise two loops would share their connections.
                ("grpc.use_local_subchannel_pool", 1),
            ],
        )
        self._call = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._request = request
        self._pause = 1.0 / per_second
        self._check = check
        self._under_way: set[asyncio.Task[None]] = set()
        self._answered = asyncio.Condition()
        self.answers: Counter[str] = Counter()  # by model version
        self.failures: list[str] = []

    async def __aenter__(self) -> Self:
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._sender.cancel()
        await asyncio.gather(self._sender, return_exceptions=True)
        await asyncio.gather(*self._under_way)
        await self._channel.close()

    async def wait_answers(self, version: str, more: int) -> None:
        """Waits for so many further answers of this model version."""
        goal = self.answers[version] + more
        async with asyncio.timeout(_CALL_SECONDS), self._answered:
            await self._answered.wait_for(
                lambda: self.answers[version] >= goal or self.failures
            )

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            task = asyncio.create_task(self._ask())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            # From the plan, not from now: a late sender catches up.
            due += self._pause
            await asyncio.sleep(max(0.0, due - clock()))

    async def _ask(self) -> None:
        try:
            response = await self._call.ModelInfer(
                self._request, timeout=_CALL_SECONDS
            )
            self.answers[response.model_version] += 1
            if self._check is not None and not self._check(response):
                self.failures.append(f"wrong answer:\n{response}")
        except grpc.RpcError as error:
            self.failures.append(f"{error.code()}: {error.details()}")
        async with self._answered:
            self._answered.notify_all()
