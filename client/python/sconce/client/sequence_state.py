"""SequenceState: what a sequence has to remember between its requests."""

from __future__ import annotations

import uuid
from typing import Dict, List, Optional, Union

from sconce.client.errors import Error, FailedPrecondition
from sconce.client.requests import Parameter
from sconce.client.tensors import WireTensor

# After these nobody knows whether the request has changed the state.
_IN_DOUBT = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN"}

Tensors = List[WireTensor]


class SequenceState:
    """The marks of the next request. One thread at a time."""

    def __init__(self, id: Union[int, str]) -> None:
        self.id = id or uuid.uuid4().hex
        self._begun = False
        self._ended = False
        self._last: Optional[Tensors] = None
        # Not the exception: its traceback would keep the stream alive.
        self._doubt = ""

    def marks(
        self, tensors: Tensors, last: bool, timeout: Optional[float]
    ) -> Dict[str, Parameter]:
        """The parameters of a request with these tensors. Raises
        FailedPrecondition where the sequence cannot go on."""
        if self._ended:
            raise FailedPrecondition(
                f"sequence {self.id} has ended; begin another"
            )
        if self._doubt:
            raise FailedPrecondition(
                f"sequence {self.id} is in doubt since {self._doubt}; begin "
                "another"
            )
        marks: Dict[str, Parameter] = {"sequence_id": self.id}
        if not self._begun:
            marks["sequence_start"] = True
        if last:
            marks["sequence_end"] = True
        if timeout is not None:  # so that the server drops what is late
            marks["timeout"] = max(1, int(timeout * 1e6))
        self._last = tensors
        return marks

    def check_all_taken(self, waiting: int) -> None:
        """Raises FailedPrecondition where answers are to come that belong to
        others: the next request would get the first of them."""
        if waiting:
            raise FailedPrecondition(
                f"sequence {self.id}: {waiting} answers of map() were not "
                "taken; begin another"
            )

    def sent(self, last: bool) -> None:
        """A request is on its way; those behind it do not begin anew."""
        self._begun, self._ended = True, last

    def failed(self, error: Error, first: bool, alone: bool) -> None:
        """The server refused a request: the state is as it was before it,
        unless it is not known, or others were on their way behind it."""
        self._ended = False
        if first:
            self._begun = False
        if error.code in _IN_DOUBT or not alone:
            self._doubt = str(error)

    def farewell(self) -> Optional[Tensors]:
        """What to send once more, marked as the end, so that the server
        forgets the state now and not when it was idle for long; None where
        nothing is left to forget."""
        open_still = self._begun and not self._ended and not self._doubt
        return self._last if open_still else None
