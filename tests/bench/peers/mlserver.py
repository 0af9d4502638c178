"""Seldon's MLServer, with a runtime of twenty lines (mlserver_model.py).

It merges requests as it proposes: batches of up to eight rows, for which it
waits a millisecond. Work is done in as many processes as there are lanes.
"""

import json
import re
import shutil
from pathlib import Path

from peers.environments import environment
from peers.process import PeerProcess, free_port

NAME = "mlserver"

# Workers of this version do not start with a later uvloop.
_PACKAGES = ("mlserver==1.7.1", "uvloop==0.21.0")
_BATCH, _BATCH_SECONDS = 8, 0.001


def process(folder: Path, lanes: int) -> PeerProcess:
    """`folder`/models is a repository of ours; it is adapted."""
    home = environment(*_PACKAGES)
    models, port = folder / "models", free_port()
    for model in models.iterdir():
        _adapt(model)
    settings = {
        "host": "127.0.0.1",
        "http_port": free_port(),
        "grpc_port": port,
        "metrics_endpoint": None,
        "parallel_workers": lanes,
        "debug": False,
    }
    (models / "settings.json").write_text(json.dumps(settings))
    shutil.copy(Path(__file__).with_name("mlserver_model.py"), models)
    return PeerProcess(
        [home / "bin/mlserver", "start", "."],
        port,
        folder / "mlserver.log",
        {"PYTHONPATH": str(models), "OMP_NUM_THREADS": "1"},
        models,
    )


def _adapt(model: Path) -> None:
    config = (model / "config.pbtxt").read_text()
    output = re.search(r'output \{\s+name: "(\w+)"', config)
    assert output is not None, model
    settings = {
        "name": model.name,
        "implementation": "mlserver_model.TorchScript",
        "max_batch_size": _BATCH,
        "max_batch_time": _BATCH_SECONDS,
        "parameters": {
            "uri": str(model / "1" / "model.pt"),
            "extra": {"output": output[1]},
        },
    }
    (model / "model-settings.json").write_text(json.dumps(settings))
