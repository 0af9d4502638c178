"""`make demo`: classifies one photograph through the server, end to end.

Exports EfficientNet-Lite0 to TorchScript, starts the server on free ports,
asks it over gRPC, shows the answer with its timing, holds the answer against
eager PyTorch and stops the server. Every step that can fail says what failed.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Called as a script: neither the repository nor its helpers are installed.
sys.path[:0] = [str(ROOT), str(ROOT / "tests/support/python")]

from models.demo.classify import Classification, classify  # noqa: E402
from models.demo.report import print_report  # noqa: E402
from models.zoo import ZOO  # noqa: E402
from models.zoo.imagenet import sample_picture  # noqa: E402
from models.zoo.repository import write_model  # noqa: E402
from sconce_support.server_process import ServerProcess  # noqa: E402

MODEL = "efficientnet_lite0"
REPOSITORY = ROOT / "build" / "demo" / "models"


def main() -> int:
    options = _parse()
    if not options.server.is_file():
        return _fail(f"no server at {options.server}; run `make build` first")
    try:
        _export_if_missing()
        result = _ask_server(options.server)
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", ()))
        return _fail(f"{type(error).__name__}: {error}\n{notes}".rstrip())
    print_report(result)
    return 0


def _ask_server(binary: Path) -> Classification:
    step(f"starting {_short(binary)}")
    with ServerProcess([REPOSITORY], binary=binary) as server:
        step(f"classifying {sample_picture().name} on {server.grpc_address}")
        result = classify(server.grpc_address, MODEL, sample_picture())
        step("stopping the server")
        code = server.stop()
    if code != 0:
        raise RuntimeError(f"the server ended with exit code {code}")
    return result


def _export_if_missing() -> None:
    archive = REPOSITORY / MODEL / "1" / "model.pt"
    if archive.exists():
        step(f"using {_short(archive)}")
        return
    step(f"exporting {MODEL} to {_short(archive)}")
    write_model(ZOO[MODEL](), REPOSITORY)


def step(text: str) -> None:
    print(f"demo: {text}", flush=True)


def _fail(text: str) -> int:
    print(f"demo: failed: {text}", file=sys.stderr)
    return 1


def _short(path: Path) -> str:
    path = path.resolve()
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--server",
        type=Path,
        default=ROOT / "build/bin/sconce-server",
        help="the server binary (default: what `make build` builds)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
