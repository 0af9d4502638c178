"""A client that sends a request every so often, whatever the answers do.

A latency counts from the time at which the request was due, so that a server
which stalls is not spared the requests that it held up.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

_CALL_SECONDS = 30.0

# Whether an answer is the one that its version has to give.
Check = Callable[[service_pb2.ModelInferResponse], bool]


@dataclass
class Window:
    """What was answered to the requests that were due within some time."""

    latencies_us: list[float] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    wrong: int = 0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class OpenLoopClient:
    """Load runs inside its body. One event loop.

    `window` takes the requests that become due from now on; put another one
    there to begin a new measurement.
    """

    def __init__(
        self,
        address: str,
        request: service_pb2.ModelInferRequest,
        per_second: float,
        check: Check,
    ) -> None:
        self._channel = grpc.aio.insecure_channel(address)
        self._call = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._request = request
        self._pause = 1.0 / per_second
        self._check = check
        self._under_way: set[asyncio.Task[None]] = set()
        self.window = Window()

    async def __aenter__(self) -> Self:
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._sender.cancel()
        await asyncio.gather(self._sender, return_exceptions=True)
        await asyncio.gather(*self._under_way)
        await self._channel.close()

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            task = asyncio.create_task(self._ask(due, self.window))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            due += self._pause
            await asyncio.sleep(max(0.0, due - clock()))

    async def _ask(self, due: float, window: Window) -> None:
        try:
            response = await self._call.ModelInfer(
                self._request, timeout=_CALL_SECONDS
            )
        except grpc.RpcError as error:
            window.failures.append(f"{error.code()}: {error.details()}")
            return
        late = asyncio.get_running_loop().time() - due
        window.latencies_us.append(late * 1e6)
        window.versions.add(response.model_version)
        window.wrong += not self._check(response)
