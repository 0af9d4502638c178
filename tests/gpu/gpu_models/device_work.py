"""Work: what the raw loop asks of a device; a CPU in a GPU's place, too."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor


class Ring(Protocol):
    """Batches one after the other through a few sets of buffers."""

    def step(self) -> None:
        """Begins one batch."""

    def catch_up(self) -> None:
        """Waits until no more batches are under way than there are sets."""


class Work(Protocol):
    device: str

    def page_locked(self, values: Tensor) -> Tensor: ...

    def to_device(self, values: Tensor) -> Tensor: ...

    def milliseconds(self, body: Callable[[], Any], count: int) -> float:
        """Of `count` times `body`, on the device."""

    def ring(
        self, module: Any, hosts: Sequence[Sequence[Tensor]]
    ) -> Ring: ...

    def finish(self) -> None: ...


class CpuWork:
    device = "cpu"

    def __init__(self) -> None:
        torch.set_num_threads(1)

    def page_locked(self, values: Tensor) -> Tensor:
        return values

    def to_device(self, values: Tensor) -> Tensor:
        return values.clone()

    def milliseconds(self, body: Callable[[], Any], count: int) -> float:
        begin = time.perf_counter()
        for _ in range(count):
            body()
        return 1e3 * (time.perf_counter() - begin)

    def ring(self, module: Any, hosts: Sequence[Sequence[Tensor]]) -> Ring:
        return _CpuRing(module, hosts)

    def finish(self) -> None:
        pass


class _CpuRing:
    def __init__(
        self, module: Any, hosts: Sequence[Sequence[Tensor]]
    ) -> None:
        self._module, self._host = module, hosts[0]

    def step(self) -> None:
        self._module(*[values.clone() for values in self._host])

    def catch_up(self) -> None:
        pass


class CudaWork:
    device = "cuda"

    def __init__(self) -> None:
        # PyTorch's default for convolutions is not what fp32 says.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

    def page_locked(self, values: Tensor) -> Tensor:
        return values.pin_memory()

    def to_device(self, values: Tensor) -> Tensor:
        return values.to("cuda", non_blocking=True)

    def milliseconds(self, body: Callable[[], Any], count: int) -> float:
        begin = torch.cuda.Event(enable_timing=True)
        end = torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(count):
            body()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end)

    def ring(self, module: Any, hosts: Sequence[Sequence[Tensor]]) -> Ring:
        return _CudaRing(module, hosts)

    def finish(self) -> None:
        torch.cuda.synchronize()


class _CudaRing:
    """Copies in, computing, and copies out, each on a stream of its own."""

    def __init__(
        self, module: Any, hosts: Sequence[Sequence[Tensor]]
    ) -> None:
        self._module = module
        self._copy_in, self._compute, self._copy_out = (
            torch.cuda.Stream() for _ in range(3)
        )
        self._places = [_Place(module, host) for host in hosts]
        torch.cuda.synchronize()
        self._next = 0

    def step(self) -> None:
        place = self._places[self._next]
        self._next = (self._next + 1) % len(self._places)
        with torch.cuda.stream(self._copy_in):
            self._copy_in.wait_event(place.computed)
            for source, target in zip(place.host, place.inputs, strict=True):
                target.copy_(source, non_blocking=True)
            place.copied_in.record()
        with torch.cuda.stream(self._compute):
            self._compute.wait_event(place.copied_in)
            self._compute.wait_event(place.copied_out)
            place.answer.copy_(self._module(*place.inputs))
            place.computed.record()
        with torch.cuda.stream(self._copy_out):
            self._copy_out.wait_event(place.computed)
            place.back.copy_(place.answer, non_blocking=True)
            place.copied_out.record()

    def catch_up(self) -> None:
        self._places[self._next].copied_out.synchronize()


class _Place:
    """The buffers of one batch, and the events that pass them on."""

    def __init__(self, module: Any, host: Sequence[Tensor]) -> None:
        self.host = host
        self.inputs = [values.to("cuda") for values in host]
        self.answer = module(*self.inputs)
        self.back = torch.empty_like(self.answer, device="cpu").pin_memory()
        self.copied_in, self.computed, self.copied_out = (
            torch.cuda.Event() for _ in range(3)
        )
