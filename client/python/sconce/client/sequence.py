"""Sequence: requests to a stateful model that share a state."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Deque,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Sequence as Arguments,
    Type,
    Union,
)

from sconce.client.answers import Answer, answer_of
from sconce.client.calls import Clock
from sconce.client.errors import Cancelled, Error
from sconce.client.metadata import ModelMetadata
from sconce.client.requests import Options, infer_request
from sconce.client.sequence_state import SequenceState, Tensors
from sconce.client.streams import Stream

if TYPE_CHECKING:
    from sconce.client.client import Model

# Longest wait for the server to forget the state, in seconds.
FAREWELL = 5.0


class Sequence:
    """A context manager: `with model.sequence() as s: y = s(x)`.

    All requests take one stream and so reach one server. A request that the
    server refuses leaves the state as it was, and the sequence can go on; none
    is sent twice. Leaving the block sends the last request once more, marked
    as the end, so that the server frees the state at once: say `last=True`
    with the last one to do without. One thread at a time.
    """

    def __init__(
        self, model: Model, id: Union[int, str], timeout: float
    ) -> None:
        self._model, self._timeout = model, timeout
        self._state = SequenceState(id)
        # Requests of map() whose answers are to come; true for a first one.
        self._waiting: Deque[bool] = deque()
        self._stream: Optional[Stream] = None

    @property
    def id(self) -> Union[int, str]:
        return self._state.id

    def __enter__(self) -> Sequence:
        return self

    def __exit__(
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
                self._say_farewell(farewell)
        finally:
            self._close()

    def __call__(
        self,
        *args: Any,
        last: bool = False,
        timeout: Optional[float] = None,
        **named: Any,
    ) -> Any:
        """What the model returns. Raises sconce.Error."""
        return self.infer(args, named, last=last, timeout=timeout).value

    def infer(
        self,
        args: Arguments[Any] = (),
        named: Optional[Mapping[str, Any]] = None,
        *,
        last: bool = False,
        timeout: Optional[float] = None,
    ) -> Answer:
        """The whole answer."""
        self._state.check_all_taken(len(self._waiting))
        clock = Clock(self._timeout if timeout is None else timeout)
        metadata = self._model._metadata(clock)
        tensors = self._model._bind((args, named or {}), clock)
        first = self._send(tensors, last, clock)
        return self._receive(metadata, clock, first, alone=True)

    def map(self, chunks: Iterable[Any], ahead: int = 8) -> Iterator[Any]:
        """What the model returns for each of `chunks`, in order. Up to `ahead`
        requests are on their way at a time; the last chunk ends the sequence.

        A chunk is the one argument, a tuple of all, or a dict by name. After
        an error the sequence is over.
        """
        self._state.check_all_taken(len(self._waiting))
        metadata = self._model._metadata(Clock(self._timeout))
        for chunk, last in marked_last(chunks):
            args, named = arguments_in(chunk)
            clock = Clock(self._timeout)
            tensors = self._model._bind((args, named or {}), clock)
            self._waiting.append(self._send(tensors, last, clock))
            if len(self._waiting) >= ahead:
                yield self._next(metadata)
        while self._waiting:
            yield self._next(metadata)

    def _next(self, metadata: ModelMetadata) -> Any:
        first, clock = self._waiting.popleft(), Clock(self._timeout)
        alone = not self._waiting
        return self._receive(metadata, clock, first, alone).value

    def _send(self, tensors: Tensors, last: bool, clock: Clock) -> bool:
        """True when it was the sequence's first request."""
        marks = self._state.marks(tensors, last, clock.left())
        request = infer_request(
            self._model.name, self._model.version, tensors, Options(), marks
        )
        if self._stream is None:
            self._stream = Stream(self._model._caller)
        self._stream.send(request)
        self._state.sent(last)
        return "sequence_start" in marks

    def _receive(
        self, metadata: ModelMetadata, clock: Clock, first: bool, alone: bool
    ) -> Answer:
        assert self._stream is not None
        try:
            response = self._stream.receive(clock.left())
        except Error as error:
            self._state.failed(error, first, alone)
            self._close()
            raise
        except BaseException:  # its answer must not be taken for the next's
            self._state.failed(Cancelled("interrupted"), first, alone)
            self._close()
            raise
        found = self._model._answered(response.model_version, metadata, clock)
        return answer_of(response, found)

    def _say_farewell(self, tensors: Tensors) -> None:
        assert self._stream is not None
        clock = Clock(min(self._timeout, FAREWELL))
        try:
            for _ in range(len(self._waiting)):
                self._stream.receive(clock.left())
            self._send(tensors, True, clock)
            self._stream.receive(clock.left())
        except Error:
            pass  # the server forgets an idle sequence by itself

    def _close(self) -> None:
        self._waiting.clear()  # no stream, no answers
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def arguments_in(chunk: Any) -> "tuple[Arguments[Any], Mapping[str, Any]]":
    """One argument, a tuple of them, or a dict by name."""
    if isinstance(chunk, Mapping):
        return (), chunk
    return (chunk if isinstance(chunk, tuple) else (chunk,)), {}


def marked_last(chunks: Iterable[Any]) -> "Iterator[tuple[Any, bool]]":
    rest = iter(chunks)
    try:
        held = next(rest)
    except StopIteration:
        return
    for following in rest:
        yield held, False
        held = following
    yield held, True
