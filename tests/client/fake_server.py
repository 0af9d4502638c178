"""FakeServer: a gRPC server whose answers a test decides, with TLS if need
be. It speaks both of our services."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc
from sconce.client.wire import inference, management

Answers = Mapping[str, Callable[[Any], Any]]


class Refusal(Exception):
    """Raised by an answer; `pushback` are milliseconds."""

    def __init__(
        self, code: grpc.StatusCode, details: str, pushback: str | None = None
    ) -> None:
        super().__init__(details)
        self.code, self.details, self.pushback = code, details, pushback


class FakeServer(grpc.GenericRpcHandler):
    """Answers the methods in `answers` by name; a stream of requests is
    answered when it has ended, by its last one. Remembers the metadata of all
    calls. A context manager."""

    def __init__(
        self,
        answers: Answers,
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        self._answers = answers
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=[self])
        place = "127.0.0.1:0"
        port = (
            self._server.add_secure_port(place, credentials)
            if credentials
            else self._server.add_insecure_port(place)
        )
        self.address, self.port = f"127.0.0.1:{port}", port

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop(None).wait()

    def service(
        self, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler | None:
        name = details.method.rpartition("/")[2]
        self.calls.append((name, dict(details.invocation_metadata)))
        if name not in self._answers:
            return None
        method = {**inference, **management}[name]
        streams = name == "UploadModel"
        handler = (
            grpc.stream_unary_rpc_method_handler
            if streams
            else grpc.unary_unary_rpc_method_handler
        )
        return handler(
            self._stream(name) if streams else self._unary(name),
            request_deserializer=method.request.FromString,
            response_serializer=method.response.SerializeToString,
        )

    def _unary(self, name: str) -> Callable[..., Any]:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                return self._answers[name](request)
            except Refusal as refusal:
                if refusal.pushback is not None:
                    context.set_trailing_metadata(
                        (("grpc-retry-pushback-ms", refusal.pushback),)
                    )
                context.abort(refusal.code, refusal.details)

        return answer

    def _stream(self, name: str) -> Callable[..., Any]:
        unary = self._unary(name)

        def answer(requests: Any, context: grpc.ServicerContext) -> Any:
            *_, last = requests
            return unary(last, context)

        return answer
