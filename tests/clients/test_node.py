"""@grpc/grpc-js with stubs that @grpc/proto-loader makes from our .proto files.

The tests themselves are in node/, for Node's own test runner; here each of
them runs in a process of its own.
"""

import re
from pathlib import Path

import pytest

from sconce_support.server_process import ServerProcess
from sconce_support.tools import ROOT, installed, output_of, run

FOLDER = Path(__file__).with_name("node")
CASES = [
    (file.name, name.replace("\\'", "'"))
    for file in sorted(FOLDER.glob("*.test.js"))
    for name in re.findall(r"(?m)^test\('((?:[^'\\]|\\.)+)'", file.read_text())
]


@pytest.mark.parametrize(
    "file, name", CASES, ids=[name.replace(" ", "_") for _, name in CASES]
)
def test_grpc_js(
    server: ServerProcess, answers: Path, file: str, name: str
) -> None:
    node = installed("node")
    done = run(
        [node / "bin/node", "--test", "--test-reporter=tap",
         f"--test-name-pattern=^{re.escape(name)}$", FOLDER / file],
        environment={
            "NODE_PATH": str(node / "node_modules"),
            "SCONCE_ADDRESS": server.grpc_address,
            "SCONCE_ANSWERS": str(answers),
            "SCONCE_PROTO": str(ROOT / "proto"),
        },
    )
    assert done.returncode == 0, output_of(done)
    # A pattern that matches no test is no failure to Node.
    assert "\n# pass 1\n" in done.stdout, output_of(done)
