"""AsyncClient and AsyncModel: Client and Model for asyncio."""

from __future__ import annotations

from types import TracebackType
from typing import Any, List, Mapping, Optional, Sequence, Type, Union

from sconce.client.answers import Answer, answer_of
from sconce.client.arguments import Values, bind
from sconce.client.async_management import AsyncManagement
from sconce.client.async_sequence import AsyncSequence
from sconce.client.calls import AsyncCaller, Clock
from sconce.client.channels import Target, Tls, Token, management_beside
from sconce.client.errors import Error, InvalidArgument
from sconce.client.known import KnownMetadata
from sconce.client.metadata import ModelMetadata, metadata_of
from sconce.client.requests import Options, Parameter, infer_request
from sconce.client.retries import Retries
from sconce.client.states import VersionState, index_of
from sconce.client.tensors import WireTensor
from sconce.client.wire import inference


class AsyncClient:
    """A connection to a server, for use within one event loop; an async
    context manager. The arguments are those of Client."""

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
        self._management: Optional[AsyncManagement] = None
        self._caller = AsyncCaller(Target(address, tls, self._token))

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends calls that are under way."""
        await self._caller.close()
        if self._management is not None:
            await self._management.close()

    def model(self, name: str, version: Union[int, str] = "") -> AsyncModel:
        """As Client.model()."""
        return AsyncModel(
            self._caller, name, str(version), self.timeout, self._retries
        )

    async def ready(self) -> bool:
        return bool((await self._call("ServerReady")).ready)

    async def live(self) -> bool:
        return bool((await self._call("ServerLive")).live)

    async def index(self) -> List[VersionState]:
        """As Client.index()."""
        return index_of(await self._call("RepositoryIndex"))

    @property
    def management(self) -> AsyncManagement:
        """The management service, with a connection of its own."""
        self._caller.check_open()
        if self._management is None:
            self._management = AsyncManagement(
                self._management_address or management_beside(self.address),
                timeout=self.timeout,
                tls=self._tls,
                token=self._token,
            )
        return self._management

    async def _call(self, name: str) -> Any:
        method = inference[name]
        return await self._caller.call(
            method, method.request(), self.timeout, self._retries
        )


class AsyncModel:
    """One method of a model on a server. The methods are those of Model."""

    def __init__(
        self,
        caller: AsyncCaller,
        name: str,
        version: str,
        timeout: float,
        retries: Retries,
    ) -> None:
        self.name, self.version = name, version
        self._caller, self._timeout, self._retries = caller, timeout, retries
        self._known = KnownMetadata()

    async def __call__(
        self,
        *args: Any,
        timeout: Optional[float] = None,
        priority: int = 0,
        request_id: str = "",
        **named: Any,
    ) -> Any:
        """As Model.__call__()."""
        answer = await self.infer(
            args,
            named,
            timeout=timeout,
            priority=priority,
            request_id=request_id,
        )
        return answer.value

    async def infer(
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
        """As Model.infer()."""
        clock, values = self._clock(timeout), (args, named or {})
        options = Options(
            priority, request_id, outputs, timings, parameters or {}
        )
        known = self._known.latest
        try:
            return await self._infer(
                known or await self._ask(self.version, clock),
                values,
                options,
                clock,
            )
        except InvalidArgument:
            changed = known and await self._changed(known, clock)
            if not changed:
                raise
        return await self._infer(changed, values, options, clock)

    def method(self, name: str) -> AsyncModel:
        """Another method of the same model."""
        return AsyncModel(
            self._caller,
            f"{self.name.split(':')[0]}:{name}",
            self.version,
            self._timeout,
            self._retries,
        )

    def sequence(
        self, id: Union[int, str] = "", *, timeout: Optional[float] = None
    ) -> AsyncSequence:
        """As Model.sequence(); an async context manager."""
        return AsyncSequence(
            self, id, self._timeout if timeout is None else timeout
        )

    async def metadata(self) -> ModelMetadata:
        return await self._ask(self.version, self._clock(None))

    async def ready(self) -> bool:
        method = inference["ModelReady"]
        request = method.request(name=self.name, version=self.version)
        clock = self._clock(None)
        response = await self._caller.call(
            method, request, clock.left(), self._retries
        )
        return bool(response.ready)

    def _clock(self, timeout: Optional[float]) -> Clock:
        return Clock(self._timeout if timeout is None else timeout)

    async def _ask(self, version: str, clock: Clock) -> ModelMetadata:
        method = inference["ModelMetadata"]
        found = metadata_of(
            await self._caller.call(
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

    async def _metadata(self, clock: Clock) -> ModelMetadata:
        return self._known.latest or await self._ask(self.version, clock)

    async def _infer(
        self,
        metadata: ModelMetadata,
        values: Values,
        options: Options,
        clock: Clock,
    ) -> Answer:
        request = infer_request(
            self.name, self.version, bind(metadata, *values), options
        )
        response = await self._caller.call(
            inference["ModelInfer"], request, clock.left(), self._retries
        )
        found = await self._answered(response.model_version, metadata, clock)
        return answer_of(response, found)

    async def _changed(
        self, known: ModelMetadata, clock: Clock
    ) -> Optional[ModelMetadata]:
        """After a refusal: what the model takes now, where that is not what
        was `known`. It may have been replaced meanwhile."""
        self._known.forget()
        try:
            found = await self._ask(self.version, clock)
        except Error:  # what the refusal says is more to the point
            return None
        return None if found.inputs == known.inputs else found

    async def _bind(self, values: Values, clock: Clock) -> List[WireTensor]:
        return bind(await self._metadata(clock), *values)

    async def _answered(
        self, version: str, sent: ModelMetadata, clock: Clock
    ) -> ModelMetadata:
        found = self._known.of_answer(version, sent)
        if found is not None:
            return found
        try:
            return await self._ask(version, clock)
        except Error:  # it is gone already; the answer is good all the same
            return sent
