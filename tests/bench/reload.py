#!/usr/bin/env python3
"""Whether a reload costs a request, an answer, time or memory: `make bench-reload`.

A model of resnet18's size is replaced by a new version a hundred times while
requests come at a fixed rate. Quiet windows and windows full of reloads take
turns, so that the noise of the machine is in both. Each version answers
differently, and each answer is held against the version that it names.

Exit status 1 when a request failed or an answer was wrong. The figures have the
shape of bench.py's.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests/support/python")]

import grpc  # noqa: E402
import report  # noqa: E402
from open_loop_client import OpenLoopClient, Window  # noqa: E402
from reload_models import NAME, Archives  # noqa: E402
from sconce_support.inference import raw_request  # noqa: E402
from sconce_support.server_process import ServerProcess  # noqa: E402
from tritonclient.grpc import service_pb2, service_pb2_grpc  # noqa: E402

_SCENARIO = "reload_resnet18"
_LOAD_SECONDS = 300
_WARM_UP_RELOADS = 4  # until the allocator has seen what it will see


# The kernel keeps 15 characters. gRPC starts and ends one at times, whatever
# the server does (server/doc/threads.md).
_OF_GRPC = {
    "default-executo", "resolver-execut", "event_engine", "timer_manager",
    "grpc_global_tim",
}


@dataclass(frozen=True)
class Footprint:
    rss_bytes: int
    threads: int  # without gRPC's own
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        process = Path(f"/proc/{pid}")
        status = (process / "status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in status)
        names = [
            name.read_text().strip() for name in process.glob("task/*/comm")
        ]
        return cls(
            rss_bytes=int(fields["VmRSS"].split()[0]) * 1024,
            threads=sum(name not in _OF_GRPC for name in names),
            descriptors=len(os.listdir(f"/proc/{pid}/fd")),
        )

    @classmethod
    def usual(cls, footprints: Sequence["Footprint"]) -> "Footprint":
        """The usual memory, which goes up and down by 3 % from round to round,
        and the most of everything else."""
        return cls(
            rss_bytes=int(median(each.rss_bytes for each in footprints)),
            threads=max(each.threads for each in footprints),
            descriptors=max(each.descriptors for each in footprints),
        )


@dataclass
class Course:
    """What one run has seen."""

    quiet: list[Window]
    busy: list[Window]
    footprints: list[Footprint]  # after each round


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        archives = Archives(options.archives)
        repository = Path(folder) / "models"
        archives.add(repository, 1)
        with ServerProcess(
            [repository],
            "--model-control-mode=explicit",
            f"--load-model={NAME}",
            *options.server_flag,
            binary=options.bin / "sconce-server",
            wait_until_ready=False,
        ) as server:
            server.wait_ready(_LOAD_SECONDS)
            course = asyncio.run(_run(server, archives, repository, options))
    rows = report.machine_rows() + _rows(course)
    report.write(rows, options.out)
    for row in rows:
        print(f"{row['scenario']:20} {row['metric']:28} {row['value']:>14} "
              f"{row['unit']:6} goal {row['goal']} met {row['met']}")
    print(f"\nfigures: {options.out}")
    return 1 if _failures(course) or _wrong(course) else 0


async def _run(
    server: ServerProcess,
    archives: Archives,
    repository: Path,
    options: argparse.Namespace,
) -> Course:
    course = Course([], [], [])
    request = raw_request(NAME, archives.inputs)
    client = OpenLoopClient(
        server.grpc_address, request, options.rate, archives.is_right
    )
    version = 1
    async with (
        client,
        grpc.aio.insecure_channel(server.grpc_address) as channel,
    ):
        control = service_pb2_grpc.GRPCInferenceServiceStub(channel)

        async def reload_once() -> None:
            nonlocal version
            archives.add(repository, version + 1)
            await control.RepositoryModelLoad(
                service_pb2.RepositoryModelLoadRequest(model_name=NAME),
                timeout=_LOAD_SECONDS,
            )
            archives.remove(repository, version)
            version += 1

        for _ in range(_WARM_UP_RELOADS):
            await reload_once()
        for turn in range(options.reloads // options.per_round):
            client.window = Window()
            course.quiet.append(client.window)
            await asyncio.sleep(options.seconds)
            course.footprints.append(Footprint.of(server.pid))
            client.window = Window()
            course.busy.append(client.window)
            for _ in range(options.per_round):
                await reload_once()
            print(f"round {turn + 1}: {_line(course)}", flush=True)
        client.window = Window()
        await asyncio.sleep(options.seconds)
        course.footprints.append(Footprint.of(server.pid))
    return course


def _line(course: Course) -> str:
    quiet, busy, now = course.quiet[-1], course.busy[-1], course.footprints[-1]
    return (
        f"p50 {quiet.percentile(0.5) / 1000:.1f} ms quiet, "
        f"{busy.percentile(0.5) / 1000:.1f} ms with reloads; "
        f"p99 {quiet.percentile(0.99) / 1000:.1f} ms quiet, "
        f"{busy.percentile(0.99) / 1000:.1f} ms with reloads; "
        f"{now.rss_bytes >> 20} MiB, {now.threads} threads, "
        f"{now.descriptors} descriptors"
    )


def _rows(course: Course) -> list[report.Row]:
    quiet, busy = _pooled(course.quiet), _pooled(course.busy)
    first = Footprint.usual(course.footprints[:3])
    last = Footprint.usual(course.footprints[-3:])
    growth = last.rss_bytes / first.rss_bytes - 1

    def row(metric: str, value: float, unit: str, goal: float | None = None,
            ) -> report.Row:
        return report.row(_SCENARIO, metric, value, unit, goal, at_most=True)

    return [
        row("failed", len(_failures(course)), "1", 0),
        row("wrong", _wrong(course), "1", 0),
        row("answers_quiet", len(quiet.latencies_us), "1"),
        row("answers_reloading", len(busy.latencies_us), "1"),
        row("versions_seen", len(busy.versions), "1"),
        row("p50_quiet", quiet.percentile(0.5), "us"),
        row("p50_reloading", busy.percentile(0.5), "us"),
        row("p90_quiet", quiet.percentile(0.9), "us"),
        row("p90_reloading", busy.percentile(0.9), "us"),
        row("p99_quiet", quiet.percentile(0.99), "us"),
        row("p99_reloading", busy.percentile(0.99), "us"),
        row("p99_ratio", busy.percentile(0.99) / quiet.percentile(0.99), "1",
            1.2),
        row("p99_ratio_by_round", median(
            b.percentile(0.99) / q.percentile(0.99)
            for q, b in zip(course.quiet, course.busy, strict=True)), "1"),
        row("rss_growth", growth, "1", 0.02),
        row("rss_first", first.rss_bytes, "bytes"),
        row("rss_last", last.rss_bytes, "bytes"),
        row("threads_growth", last.threads - first.threads, "1", 0),
        row("descriptors_growth", last.descriptors - first.descriptors, "1",
            0),
    ]


def _pooled(windows: Sequence[Window]) -> Window:
    pool = Window()
    for window in windows:
        pool.latencies_us += window.latencies_us
        pool.versions |= window.versions
    return pool


def _failures(course: Course) -> list[str]:
    return [f for w in course.quiet + course.busy for f in w.failures]


def _wrong(course: Course) -> int:
    return sum(w.wrong for w in course.quiet + course.busy)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="reload.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--reloads", type=int, default=100, help="in all (default 100)")
    add("--per-round", type=int, default=10, help="in one window")
    add("--seconds", type=float, default=20.0, help="of a quiet window")
    add("--rate", type=float, default=8.0, help="requests a second")
    add("--server-flag", action="append", default=[], metavar="FLAG",
        help="one more flag for the server: --server-flag=--name=value")
    add("--archives", type=Path, default=_ROOT / "build/bench/archives",
        help="folder of the models, which are written if they are not there")
    add("--bin", type=Path, default=_ROOT / "build/bin")
    add("--out", type=Path, default=_ROOT / "build/bench/reload.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
