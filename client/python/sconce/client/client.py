"""Client and Model: the inference service for programs with threads."""

from __future__ import annotations

from types import TracebackType
from typing import Any, List, Mapping, Optional, Sequence, Type, Union

from sconce.client.answers import Answer, answer_of
from sconce.client.arguments import Values, bind
from sconce.client.calls import Caller, Clock
from sconce.client.channels import Target, Tls, Token, management_beside
from sconce.client.errors import Error, InvalidArgument
from sconce.client.known import KnownMetadata
from sconce.client.management import Management
from sconce.client.metadata import ModelMetadata, metadata_of
from sconce.client.requests import Options, Parameter, infer_request
from sconce.client.retries import Retries
from sconce.client.sequence import Sequence as ModelSequence
from sconce.client.states import VersionState, index_of
from sconce.client.tensors import WireTensor
from sconce.client.wire import inference


class Client:
    """A connection to a server. Thread-safe; a context manager.

    `address` is HOST:PORT of the gRPC port. `timeout` is the longest that a
    call takes, in seconds, where it does not say otherwise; infinity is no
    limit. `management` is the management service's HOST:PORT, port 8003 of the
    same host unless given. Nothing is sent before the first call.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 60.0,
        tls: Optional[Tls] = None,
        token: Union[Token, str, None] = None,
        retries: Retries = Retries(),
        management: Optional[str] = None,
    ) -> None:
        self._token = Token(token) if isinstance(token, str) else token
        self._tls, self._retries = tls, retries
        self.address, self.timeout = address, timeout
        self._management_address = management
        self._management: Optional[Management] = None
        self._caller = Caller(Target(address, tls, self._token))

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends calls that are under way with Cancelled."""
        self._caller.close()
        if self._management is not None:
            self._management.close()

    def model(self, name: str, version: Union[int, str] = "") -> Model:
        """A model by name, or `name:method`. `version` is a number or an
        alias; without one the server chooses. Asks nothing yet."""
        return Model(
            self._caller, name, str(version), self.timeout, self._retries
        )

    def ready(self) -> bool:
        """Whether the server's models are loaded."""
        return bool(self._call("ServerReady").ready)

    def live(self) -> bool:
        return bool(self._call("ServerLive").live)

    def index(self) -> List[VersionState]:
        """All versions of all models and their states, from the inference
        port; `management.models()` tells aliases and traffic too."""
        return index_of(self._call("RepositoryIndex"))

    @property
    def management(self) -> Management:
        """The management service, with a connection of its own."""
        self._caller.check_open()
        if self._management is None:
            self._management = Management(
                self._management_address or management_beside(self.address),
                timeout=self.timeout,
                tls=self._tls,
                token=self._token,
            )
        return self._management

    def _call(self, name: str) -> Any:
        method = inference[name]
        return self._caller.call(
            method, method.request(), self.timeout, self._retries
        )


class Model:
    """One method of a model on a server. Thread-safe."""

    def __init__(
        self,
        caller: Caller,
        name: str,
        version: str,
        timeout: float,
        retries: Retries,
    ) -> None:
        self.name, self.version = name, version
        self._caller, self._timeout, self._retries = caller, timeout, retries
        self._known = KnownMetadata()

    def __call__(
        self,
        *args: Any,
        timeout: Optional[float] = None,
        priority: int = 0,
        request_id: str = "",
        **named: Any,
    ) -> Any:
        """What the model returns for these arguments.

        Tensors are numpy arrays or those of other libraries (torch, jax, on
        any device); what comes back is numpy. infer() also takes arguments
        whose names are taken here. Raises sconce.Error.
        """
        return self.infer(
            args,
            named,
            timeout=timeout,
            priority=priority,
            request_id=request_id,
        ).value

    def infer(
        self,
        args: Sequence[Any] = (),
        named: Optional[Mapping[str, Any]] = None,
        *,
        timeout: Optional[float] = None,
        priority: int = 0,
        request_id: str = "",
        outputs: Sequence[str] = (),
        timings: bool = False,
        parameters: Optional[Mapping[str, Parameter]] = None,
    ) -> Answer:
        """The whole answer. `outputs` names those that are wanted, `timings`
        asks for the server's; `parameters` go with the request as they are.
        """
        clock, values = self._clock(timeout), (args, named or {})
        options = Options(
            priority, request_id, outputs, timings, parameters or {}
        )
        known = self._known.latest
        try:
            return self._infer(
                known or self._ask(self.version, clock),
                values,
                options,
                clock,
            )
        except InvalidArgument:
            changed = known and self._changed(known, clock)
            if not changed:
                raise
        return self._infer(changed, values, options, clock)

    def method(self, name: str) -> Model:
        """Another method of the same model."""
        return Model(
            self._caller,
            f"{self.name.split(':')[0]}:{name}",
            self.version,
            self._timeout,
            self._retries,
        )

    def sequence(
        self, id: Union[int, str] = "", *, timeout: Optional[float] = None
    ) -> ModelSequence:
        """Requests that share a state on the server; a context manager. `id`
        is made up unless given, `timeout` is for each request."""
        return ModelSequence(
            self, id, self._timeout if timeout is None else timeout
        )

    def metadata(self) -> ModelMetadata:
        """What the server says of the method now."""
        return self._ask(self.version, self._clock(None))

    def ready(self) -> bool:
        method = inference["ModelReady"]
        request = method.request(name=self.name, version=self.version)
        clock = self._clock(None)
        return bool(
            self._caller.call(
                method, request, clock.left(), self._retries
            ).ready
        )

    def _clock(self, timeout: Optional[float]) -> Clock:
        return Clock(self._timeout if timeout is None else timeout)

    def _ask(self, version: str, clock: Clock) -> ModelMetadata:
        method = inference["ModelMetadata"]
        found = metadata_of(
            self._caller.call(
                method,
                method.request(name=self.name, version=version),
                clock.left(),
                self._retries,
            )
        )
        if version == self.version:
            self._known.learn(found)
        else:
            self._known.learn_version(version, found)
        return found

    def _metadata(self, clock: Clock) -> ModelMetadata:
        return self._known.latest or self._ask(self.version, clock)

    def _infer(
        self,
        metadata: ModelMetadata,
        values: Values,
        options: Options,
        clock: Clock,
    ) -> Answer:
        request = infer_request(
            self.name, self.version, bind(metadata, *values), options
        )
        response = self._caller.call(
            inference["ModelInfer"], request, clock.left(), self._retries
        )
        found = self._answered(response.model_version, metadata, clock)
        return answer_of(response, found)

    def _changed(
        self, known: ModelMetadata, clock: Clock
    ) -> Optional[ModelMetadata]:
        """After a refusal: what the model takes now, where that is not what
        was `known`. It may have been replaced meanwhile."""
        self._known.forget()
        try:
            found = self._ask(self.version, clock)
        except Error:  # what the refusal says is more to the point
            return None
        return None if found.inputs == known.inputs else found

    def _bind(self, values: Values, clock: Clock) -> List[WireTensor]:
        return bind(self._metadata(clock), *values)

    def _answered(
        self, version: str, sent: ModelMetadata, clock: Clock
    ) -> ModelMetadata:
        """By which an answer of this version is put together."""
        found = self._known.of_answer(version, sent)
        if found is not None:
            return found
        try:
            return self._ask(version, clock)
        except Error:  # it is gone already; the answer is good all the same
            return sent
