"""AsyncSequence: Sequence for asyncio."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Deque,
    Iterable,
    Mapping,
    Optional,
    Type,
    Union,
)
from typing import Sequence as Arguments

from sconce.client.answers import Answer, answer_of
from sconce.client.calls import Clock
from sconce.client.errors import Cancelled, Error
from sconce.client.metadata import ModelMetadata
from sconce.client.requests import Options, infer_request
from sconce.client.sequence import FAREWELL, arguments_in, marked_last
from sconce.client.sequence_state import SequenceState, Tensors
from sconce.client.streams import AsyncStream

if TYPE_CHECKING:
    from sconce.client.async_client import AsyncModel


class AsyncSequence:
    """`async with model.sequence() as s: y = await s(x)`; see Sequence. One
    task at a time."""

    def __init__(
        self, model: AsyncModel, id: Union[int, str], timeout: float
    ) -> None:
        self._model, self._timeout = model, timeout
        self._state = SequenceState(id)
        # Requests of map() whose answers are to come; true for a first one.
        self._waiting: Deque[bool] = deque()
        self._stream: Optional[AsyncStream] = None

    @property
    def id(self) -> Union[int, str]:
        return self._state.id

    async def __aenter__(self) -> AsyncSequence:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            farewell = self._state.farewell()
            if farewell is not None and (
                kind is None or issubclass(kind, Exception)
            ):
                await self._say_farewell(farewell)
        finally:
            self._close()

    async def __call__(
        self,
        *args: Any,
        last: bool = False,
        timeout: Optional[float] = None,
        **named: Any,
    ) -> Any:
        """As Sequence.__call__()."""
        answer = await self.infer(args, named, last=last, timeout=timeout)
        return answer.value

    async def infer(
        self,
        args: Arguments[Any] = (),
        named: Optional[Mapping[str, Any]] = None,
        *,
        last: bool = False,
        timeout: Optional[float] = None,
    ) -> Answer:
        self._state.check_all_taken(len(self._waiting))
        clock = Clock(self._timeout if timeout is None else timeout)
        metadata = await self._model._metadata(clock)
        tensors = await self._model._bind((args, named or {}), clock)
        first = await self._send(tensors, last, clock)
        return await self._receive(metadata, clock, first, alone=True)

    async def map(
        self, chunks: Iterable[Any], ahead: int = 8
    ) -> AsyncIterator[Any]:
        """As Sequence.map()."""
        self._state.check_all_taken(len(self._waiting))
        metadata = await self._model._metadata(Clock(self._timeout))
        for chunk, last in marked_last(chunks):
            args, named = arguments_in(chunk)
            clock = Clock(self._timeout)
            tensors = await self._model._bind((args, named or {}), clock)
            self._waiting.append(await self._send(tensors, last, clock))
            if len(self._waiting) >= ahead:
                yield await self._next(metadata)
        while self._waiting:
            yield await self._next(metadata)

    async def _next(self, metadata: ModelMetadata) -> Any:
        first, clock = self._waiting.popleft(), Clock(self._timeout)
        alone = not self._waiting
        return (await self._receive(metadata, clock, first, alone)).value

    async def _send(
        self, tensors: Tensors, last: bool, clock: Clock
    ) -> bool:
        """True when it was the sequence's first request."""
        marks = self._state.marks(tensors, last, clock.left())
        request = infer_request(
            self._model.name, self._model.version, tensors, Options(), marks
        )
        if self._stream is None:
            self._stream = AsyncStream(self._model._caller)
        first = "sequence_start" in marks
        try:
            await self._stream.send(request)
        except BaseException:  # nobody knows whether it is on its way
            self._state.failed(Cancelled("interrupted"), first, False)
            self._close()
            raise
        self._state.sent(last)
        return first

    async def _receive(
        self, metadata: ModelMetadata, clock: Clock, first: bool, alone: bool
    ) -> Answer:
        assert self._stream is not None
        try:
            response = await self._stream.receive(clock.left())
        except Error as error:
            self._state.failed(error, first, alone)
            self._close()
            raise
        except BaseException:  # its answer must not be taken for the next's
            self._state.failed(Cancelled("interrupted"), first, alone)
            self._close()
            raise
        found = await self._model._answered(
            response.model_version, metadata, clock
        )
        return answer_of(response, found)

    async def _say_farewell(self, tensors: Tensors) -> None:
        assert self._stream is not None
        clock = Clock(min(self._timeout, FAREWELL))
        try:
            for _ in range(len(self._waiting)):
                await self._stream.receive(clock.left())
            await self._send(tensors, True, clock)
            await self._stream.receive(clock.left())
        except Error:
            pass  # the server forgets an idle sequence by itself

    def _close(self) -> None:
        self._waiting.clear()  # no stream, no answers
        if self._stream is not None:
            self._stream.close()
            self._stream = None
