"""What servers tell about models and versions, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Tuple

from sconce.client.metadata import TensorInfo


@dataclass(frozen=True)
class VersionState:
    """`state` is LOADING, READY, UNLOADING or UNAVAILABLE; `reason` is why it
    is not ready. `version` is 0 while none is known. `time` is that of a
    change, in seconds since 1970, None for a state that was asked for."""

    name: str
    version: int
    state: str
    reason: str = ""
    time: Optional[float] = None


@dataclass(frozen=True)
class ModelState:
    """A model, its versions in ascending order, what aliases lead to and the
    weights by which versions share requests that name none."""

    name: str
    versions: Tuple[VersionState, ...]
    aliases: Mapping[str, int] = field(default_factory=dict)
    traffic: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """Of WatchModels. With `snapshot` they are (a part of) all there is, in
    place of what was told before. `resume_token` may be empty."""

    snapshot: bool
    changes: Tuple[VersionState, ...]
    resume_token: str


@dataclass(frozen=True)
class MethodDetails:
    name: str
    batching: str
    inputs: Tuple[TensorInfo, ...]
    outputs: Tuple[TensorInfo, ...]


@dataclass(frozen=True)
class ModelDetails:
    """One version. `steps` are those of its load, in seconds. The counters
    are None unless it is ready."""

    state: VersionState
    steps: Tuple[Tuple[str, float], ...]
    methods: Tuple[MethodDetails, ...]
    aliases: Mapping[str, int]
    traffic: Mapping[int, int]
    memory_bytes: Optional[int] = None
    queued: Optional[int] = None
    sequences: Optional[int] = None
    in_flight: Optional[int] = None


@dataclass(frozen=True)
class ServerDetails:
    """`lanes` says how many batches run at a time, by device."""

    name: str
    version: str
    libtorch_version: str
    uptime: float
    lanes: Mapping[str, int]
    repositories: int


def index_of(response: Any) -> List[VersionState]:
    """From a RepositoryIndexResponse. MLServer writes "State.READY"."""
    return [
        VersionState(
            each.name,
            int(each.version or 0),
            each.state.rpartition(".")[2],
            each.reason,
        )
        for each in response.models
    ]


def models_of(response: Any) -> List[ModelState]:
    """From a ListModelsResponse."""
    return [
        ModelState(
            each.name,
            tuple(
                VersionState(each.name, v.version, v.state, v.reason)
                for v in each.versions
            ),
            dict(each.aliases),
            _traffic(each.traffic),
        )
        for each in response.models
    ]


def changes_of(response: Any) -> Changes:
    """From a WatchModelsResponse."""
    return Changes(
        response.snapshot,
        tuple(
            VersionState(
                each.name,
                each.version,
                each.state,
                each.reason,
                each.time.seconds + each.time.nanos / 1e9,
            )
            for each in response.changes
        ),
        response.resume_token,
    )


def details_of(response: Any) -> ModelDetails:
    """From a GetModelResponse."""
    activity = (
        response.activity if response.HasField("activity") else None
    )
    return ModelDetails(
        state=VersionState(
            response.name, response.version, response.state, response.reason
        ),
        steps=tuple(
            (step.name, _seconds(step.duration))
            for step in response.load_steps
        ),
        methods=tuple(map(_method, response.methods)),
        aliases=dict(response.aliases),
        traffic=_traffic(response.traffic),
        memory_bytes=activity and activity.memory_bytes,
        queued=activity and activity.queued,
        sequences=activity and activity.sequences,
        in_flight=activity and activity.in_flight,
    )


def server_of(response: Any) -> ServerDetails:
    """From a ServerInfoResponse."""
    return ServerDetails(
        name=response.name,
        version=response.version,
        libtorch_version=response.libtorch_version,
        uptime=_seconds(response.uptime),
        lanes={each.device: each.count for each in response.execution_lanes},
        repositories=response.model_repository_count,
    )


def _method(method: Any) -> MethodDetails:
    return MethodDetails(
        method.name,
        method.batching,
        tuple(map(_tensor, method.inputs)),
        tuple(map(_tensor, method.outputs)),
    )


def _tensor(info: Any) -> TensorInfo:
    return TensorInfo(info.name, info.datatype, tuple(info.shape))


def _traffic(shares: Any) -> Mapping[int, int]:
    return {share.version: share.weight for share in shares}


def _seconds(duration: Any) -> float:
    return float(duration.seconds + duration.nanos / 1e9)
