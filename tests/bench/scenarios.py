"""Which contenders meet, over what, and what is expected of our server."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import scoreboard_models
from comparisons import (
    AddedLatency,
    Comparison,
    Cost,
    Efficiency,
    Excess,
    Ratio,
    Slope,
    Windows,
)
from contenders import Contender, EchoProcess, Load, RawLoop
from sconce_support.server_process import ServerProcess
from scoreboard_models import BATCH
from values import ValuesWorkload
from workloads import Workload, resnet_image

_IDENTITY_GOAL = 0.85
_SLOPE_GOAL = 1.5
_RAW_LOOP_GOAL = 0.93
_MLP_RAW_BATCH = 32
_VALUES_GOAL_US = 15.0
_X_MAX_GOAL = 0.95
_ADDED_GOAL_US = 30.0
_ADDED_P99_GOAL_US = 150.0
_SMALL_GOAL_US = 33.0
_LARGE_GOAL_US = 450.0
_MLP_GOAL_US = 45.0
# Under way where requests of several kinds meet: as many as kinds at most.
_IN_TURNS = 64
_IN_TURNS_GOAL = 0.9
# A window has to hold many batches of a model that takes 0.3 s for one.
_RESNET_TIME = 3

NAMES = (
    "identity_100B_64",
    "identity_100B_1",
    "identity_602KB_16",
    "identity_slope",
    "mlp_64",
    "mlp_32",
    "low_load_mlp",
    "values_1",
    "values_16",
    "alternating_shapes",
    "models_at_once",
    "transformer_saturated",
    "resnet18_saturated",
)

@dataclass(frozen=True)
class Scenario:
    name: str
    contenders: dict[str, Contender]
    comparisons: tuple[Comparison, ...]

    def run(self, rounds: int) -> Windows:
        """Measures in turns; each second round in the opposite order, so that
        a machine that slows down or speeds up favours nobody."""
        windows: Windows = {label: [] for label in self.contenders}
        for turn in range(rounds):
            labels = list(self.contenders)
            for label in labels if turn % 2 == 0 else reversed(labels):
                windows[label].append(self.contenders[label].measure())
        return windows


class Workloads:
    """All requests of the scenarios, by what they are for."""

    def __init__(self, folder: Path) -> None:
        self.identity_100b = Workload("identity", (1, 25), folder)
        self.identity_64k = Workload("identity", (1, 16384), folder)
        self.identity_602k = Workload("identity", (1, 3, 224, 224), folder)
        self.mlp = Workload("mlp_batched", (1, 32), folder)
        self.resnet_image = resnet_image(folder)
        self.resnet_batch = Workload("resnet18", (8, 3, 224, 224), folder)
        (self.one_shape,) = scoreboard_models.tokens(folder, 16)
        # The same work, on average.
        self.shapes = scoreboard_models.tokens(folder, 14, 15, 17, 18)
        self.many = scoreboard_models.many(folder, 64)
        self.transformer = scoreboard_models.transformer(folder)


@dataclass(frozen=True)
class Rivals:
    """The processes that wait for load."""

    server: ServerProcess
    echo: EchoProcess
    gathering_echo: EchoProcess


def requests(
    workloads: Workloads, values: Mapping[str, ValuesWorkload], only: str
) -> dict[str, tuple[Workload, ...]]:
    """What each scenario that `only` leaves sends, in the order of the issue;
    other models need not be loaded."""
    work = workloads
    every: dict[str, tuple[Workload, ...]] = {
        "identity_100B_64": (work.identity_100b,),
        "identity_100B_1": (work.identity_100b,),
        "identity_602KB_16": (work.identity_602k,),
        "identity_slope": (work.identity_64k, work.identity_602k),
        "mlp_64": (work.mlp,),
        "mlp_32": (work.mlp,),
        "low_load_mlp": (work.mlp,),
        "values_1": tuple(values.values()),
        "values_16": tuple(values.values()),
        "alternating_shapes": (work.one_shape, *work.shapes),
        "models_at_once": work.many,
        "transformer_saturated": (work.transformer,),
        "resnet18_saturated": (work.resnet_image, work.resnet_batch),
    }
    assert tuple(every) == NAMES
    return {name: each for name, each in every.items() if only in name}


def all_of(
    names: Iterable[str],
    workloads: Workloads,
    values: Mapping[str, ValuesWorkload],
    rivals: Rivals,
    options: argparse.Namespace,
) -> Iterator[Scenario]:
    build = _Builder(rivals, options)
    work = workloads
    made: dict[str, Callable[[str], Scenario]] = {
        "identity_100B_64": lambda name: build.transport(
            name, work.identity_100b, 64, 4, 5000, _SMALL_GOAL_US),
        "identity_100B_1": lambda name: build.transport(
            name, work.identity_100b, 1, 1, 2000, _SMALL_GOAL_US),
        "identity_602KB_16": lambda name: build.transport(
            name, work.identity_602k, 16, 4, 1000, _LARGE_GOAL_US),
        "identity_slope": lambda name: build.slope(
            name, work.identity_64k, work.identity_602k),
        "mlp_64": lambda name: build.mlp(name, work.mlp),
        "mlp_32": lambda name: build.cost(name, work.mlp, 32, _MLP_GOAL_US),
        "low_load_mlp": lambda name: build.low_load(name, work.mlp),
        "values_1": lambda name: build.values(name, values, 1),
        "values_16": lambda name: build.values(name, values, 16),
        "alternating_shapes": lambda name: build.in_turns(
            name, "one_shape", (work.one_shape,), "four_shapes", work.shapes),
        "models_at_once": lambda name: build.in_turns(
            name, "one_model", work.many[:1], "all_models", work.many),
        "transformer_saturated": lambda name: build.transformer(
            name, work.transformer),
        "resnet18_saturated": lambda name: build.resnet(
            name, work.resnet_image, work.resnet_batch),
    }
    return (made[name](name) for name in names)


class _Builder:
    def __init__(self, rivals: Rivals, options: argparse.Namespace) -> None:
        self._rivals = rivals
        self._options = options

    def transport(
        self,
        name: str,
        work: Workload,
        outstanding: int,
        channels: int,
        warmup: int,
        goal_us: float,
    ) -> Scenario:
        load = (work, outstanding, channels, warmup)
        contenders: dict[str, Contender] = {
            "echo": self._load(self._rivals.echo, *load),
            "gathering_echo": self._load(self._rivals.gathering_echo, *load),
            "server": self._load(self._rivals.server, *load),
        }
        comparisons = (
            Cost("server", goal_us),
            Ratio("cpu", "server", "echo", _IDENTITY_GOAL),
            Ratio("cpu", "server", "gathering_echo"),
            Ratio("throughput", "server", "echo"),
        )
        return Scenario(name, contenders, comparisons)

    def slope(self, name: str, small: Workload, large: Workload) -> Scenario:
        """What a byte costs, between requests of two sizes."""
        contenders: dict[str, Contender] = {}
        for label, target in (
            ("echo", self._rivals.echo),
            ("server", self._rivals.server),
        ):
            for size, work in (("64KB", small), ("602KB", large)):
                contenders[f"{label}_{size}"] = self._load(
                    target, work, 16, 4, 1000)
        slope = Slope(
            ("server_64KB", "server_602KB"),
            ("echo_64KB", "echo_602KB"),
            _SLOPE_GOAL,
        )
        return Scenario(name, contenders, (slope,))

    def cost(
        self, name: str, work: Workload, outstanding: int, goal: float
    ) -> Scenario:
        contenders: dict[str, Contender] = {
            "echo": self._load(
                self._rivals.echo, work, outstanding, 4, 10000),
            "server": self._load(
                self._rivals.server, work, outstanding, 4, 10000),
        }
        comparisons = (
            Cost("server", goal),
            Excess("server", "echo"),
        )
        return Scenario(name, contenders, comparisons)

    def low_load(self, name: str, work: Workload) -> Scenario:
        """One request at a time, where nothing waits."""
        contenders: dict[str, Contender] = {
            "forward": self._raw_loop(work, 1, 1000, threads=1),
            "echo": self._load(self._rivals.echo, work, 1, 1, 2000),
            "server": self._load(self._rivals.server, work, 1, 1, 2000),
        }
        added = (
            AddedLatency("p50", "server", "forward", "echo", _ADDED_GOAL_US),
            AddedLatency(
                "p99", "server", "forward", "echo", _ADDED_P99_GOAL_US),
        )
        return Scenario(name, contenders, added)

    def in_turns(
        self,
        name: str,
        one: str,
        alone: tuple[Workload, ...],
        several: str,
        together: tuple[Workload, ...],
    ) -> Scenario:
        """Requests of several kinds beside as many of one kind."""
        server = self._rivals.server
        contenders: dict[str, Contender] = {
            one: self._load(server, alone, _IN_TURNS, 4, 5000),
            several: self._load(server, together, _IN_TURNS, 4, 5000),
        }
        return Scenario(name, contenders, (
            Ratio("cpu", several, one, _IN_TURNS_GOAL),
            Ratio("throughput", several, one, _IN_TURNS_GOAL),
        ))

    def transformer(self, name: str, work: Workload) -> Scenario:
        outstanding = 4 * BATCH * self._options.lanes
        load = (work, outstanding, 4, 2 * outstanding, _RESNET_TIME)
        contenders: dict[str, Contender] = {
            "raw_loop": self._raw_loop(work, BATCH, 3, _RESNET_TIME),
            "echo": self._load(self._rivals.echo, work, 32, 4, 10000),
            "server": self._load(self._rivals.server, *load),
        }
        return Scenario(name, contenders, self._efficiencies("server", "echo"))

    def mlp(self, name: str, work: Workload) -> Scenario:
        load = (work, 64, 4, 10000)
        contenders: dict[str, Contender] = {
            "raw_loop": self._raw_loop(work, _MLP_RAW_BATCH, 1000),
            "echo": self._load(self._rivals.echo, *load),
            "server": self._load(self._rivals.server, *load),
        }
        ratios = (
            Ratio("cpu", "server", "echo"),
            Ratio("throughput", "server", "echo"),
            Ratio("throughput", "server", "raw_loop"),
        )
        return Scenario(name, contenders, ratios)

    def values(
        self, name: str, values: Mapping[str, ValuesWorkload], outstanding: int
    ) -> Scenario:
        contenders: dict[str, Contender] = {
            label: self._load(self._rivals.server, work, outstanding, 1, 2000)
            for label, work in values.items()
        }
        scalars = [label for label, work in values.items() if work.scalars]
        comparisons = (
            Excess("on_lane", "tensors"),
            Excess("dict_only", "tensors"),
            *(Excess(of, "tensors", _VALUES_GOAL_US) for of in scalars),
            *(Excess(of, "on_lane") for of in scalars),
        )
        return Scenario(name, contenders, comparisons)

    def resnet(
        self, name: str, image: Workload, batch: Workload
    ) -> Scenario:
        lanes = self._options.lanes
        contenders: dict[str, Contender] = {
            "raw_loop": self._raw_loop(batch, batch.items, 3, _RESNET_TIME),
            # Two requests of a whole batch for each lane keep it busy ...
            "server_batches": self._load(
                self._rivals.server, batch, 2 * lanes, 4, 4 * lanes,
                _RESNET_TIME),
            # ... and of single images, four batches wait or run.
            "server_images": self._load(
                self._rivals.server, image, 4 * batch.items, 4, 96,
                _RESNET_TIME),
            "echo_images": self._load(self._rivals.echo, image, 16, 4, 1000),
        }
        ratios = tuple(
            Ratio(measure, of, "raw_loop", _RAW_LOOP_GOAL)
            for of in ("server_batches", "server_images")
            for measure in ("cpu", "throughput")
        )
        return Scenario(name, contenders, (
            *ratios, *self._efficiencies("server_images", "echo_images")))

    def _efficiencies(self, of: str, echo: str) -> tuple[Efficiency, ...]:
        lanes = self._options.lanes
        return (
            Efficiency("cpu", of, "raw_loop", echo, lanes, _X_MAX_GOAL),
            Efficiency(
                "throughput", of, "raw_loop", echo, lanes, _X_MAX_GOAL),
        )

    def _load(
        self,
        process: ServerProcess | EchoProcess,
        work: Workload | tuple[Workload, ...],
        outstanding: int,
        channels: int,
        warmup: int,
        time: int = 1,
    ) -> Load:
        return Load(
            binaries=self._options.bin,
            address=process.grpc_address,
            pids=(process.pid,),
            workloads=work if isinstance(work, tuple) else (work,),
            echoes=isinstance(process, EchoProcess),
            outstanding=outstanding,
            channels=channels,
            warmup=warmup,
            seconds=time * self._options.seconds,
        )

    def _raw_loop(
        self,
        work: Workload,
        batch: int,
        warmup: int,
        time: int = 1,
        threads: int | None = None,
    ) -> RawLoop:
        return RawLoop(
            binaries=self._options.bin,
            archive=work.archive,
            shape=(batch, *work.shape[1:]),
            type=work.datatype,
            optimize=self._options.optimize,
            threads=threads or self._options.lanes,
            warmup=warmup,
            seconds=time * self._options.seconds,
        )
