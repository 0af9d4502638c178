"""The management service as grpcurl would call it: by reflection."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SERVICE = "sconce.management.v1.Management"
_CALL_SECONDS = 60
_CHUNK_BYTES = 1 << 20


class Management:
    """Every RPC of the service as a method: fields in, a message out.

    A context manager that owns its channel. Raises grpc.RpcError.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._pool = DescriptorPool(
            ProtoReflectionDescriptorDatabase(self._channel)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._channel.close()

    def __getattr__(self, name: str) -> Any:
        return lambda **fields: self.begin(name, **fields).result()

    def begin(self, name: str, /, **fields: Any) -> Any:
        """A call of the RPC `name` as a future."""
        request, response = self._messages(name)
        call = self._channel.unary_unary(
            f"/{SERVICE}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )
        return call.future(request(**fields), timeout=_CALL_SECONDS)

    def watch(self, resume_token: str = "") -> Any:
        """The stream of WatchModels, which the caller cancels."""
        request, response = self._messages("WatchModels")
        call = self._channel.unary_stream(
            f"/{SERVICE}/WatchModels",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )
        return call(
            request(resume_token=resume_token), timeout=_CALL_SECONDS
        )

    def upload(self, chunks: Iterable[bytes], **header: Any) -> Any:
        """UploadModel: the header, then these bytes."""
        return self.begin_upload(chunks, **header).result()

    def begin_upload(self, chunks: Iterable[bytes], **header: Any) -> Any:
        """The same as a future, which can be cancelled."""
        request, response = self._messages("UploadModel")

        def parts() -> Iterator[Any]:
            yield request(header=header)
            for chunk in chunks:
                yield request(chunk=chunk)

        call = self._channel.stream_unary(
            f"/{SERVICE}/UploadModel",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )
        return call.future(parts(), timeout=_CALL_SECONDS)

    def _messages(self, name: str) -> tuple[Any, Any]:
        method = self._pool.FindServiceByName(SERVICE).methods_by_name[name]
        return (
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
        )


def chunks_of(path: Path, offset: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
