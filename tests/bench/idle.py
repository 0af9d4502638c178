"""What a server takes that has models and nothing to do."""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import report
import scoreboard_models
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from serving import serving

NAME = "idle"

_MODELS = 10
_SECONDS = 20.0
# What the server finds out beside its work is over after these.
_SETTLE_SECONDS = 5.0
_GOAL_PERCENT = 0.5


def measure(options: argparse.Namespace) -> list[report.Row]:
    with TemporaryDirectory() as name:
        models = scoreboard_models.many(Path(name), _MODELS)
        with serving(options, options.lanes, *models) as server:
            time.sleep(_SETTLE_SECONDS)
            alone = _cpu_percent(server)
            with (
                Management(server.management_address) as management,
                grpc.insecure_channel(server.grpc_address) as channel,
            ):
                management.ListModels()
                grpc.channel_ready_future(channel).result(_SETTLE_SECONDS)
                connected = _cpu_percent(server)
    print(f"\n{NAME}")
    made = []
    for metric, percent in (
        (f"cpu_{_MODELS}_models", alone),
        (f"cpu_{_MODELS}_models_and_clients", connected),
    ):
        print(report.line(metric, [percent], _GOAL_PERCENT, at_most=True))
        made.append(report.row(
            NAME, metric, percent, "percent", _GOAL_PERCENT, at_most=True))
    return made


def _cpu_percent(server: ServerProcess) -> float:
    """Of one core."""
    began, cpu = time.monotonic(), server.cpu_us()
    time.sleep(_SECONDS)
    took = time.monotonic() - began
    return (server.cpu_us() - cpu) / took / 1e6 * 100
