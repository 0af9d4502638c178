#!/usr/bin/env python3
"""Checks that dependencies point down only, and that each heavy library stays
in the folders that it belongs to. See CONTRIBUTING.md for the reasons.

    check_layers.py [ROOT]      exit status 1 when there is a fault
"""

import pathlib
import re
import sys

import tree

# Which folders a folder may include, beside itself. A new folder of the server
# needs a line here. The files directly in server/ assemble it and see all.
ALLOWED = {
    "server/base": (),
    "server/tensor": ("base",),
    "server/telemetry": ("base",),
    "server/core": ("base", "tensor", "telemetry"),
    "server/device": ("base",),
    "server/batching": ("base", "tensor", "telemetry", "core"),
    "server/runtime": ("base", "tensor", "telemetry", "core", "device",
                       "batching"),
    "server/sources": ("base", "tensor", "telemetry", "core"),
    "server/rpc": ("base", "tensor", "telemetry", "core"),
    "server/admin": ("base", "tensor", "telemetry", "core"),
}

# What is installed: includes nothing of the tree but itself, as sconce/….
PUBLIC = ("client", "cpp", "include")

# (what it is, included path, path of the files that may include it)
EXTERNAL = [
    ("LibTorch", r"(torch|ATen|c10|caffe2)/",
     r"server/runtime/|tests/unit/runtime/|tests/bench/raw_loop"),
    ("CUDA", r"((ATen|c10|torch/csrc)/cuda/|(cu|nv)[a-z0-9_]*\.h$)",
     r"(server|tests/unit)/runtime/cuda/"),
    ("gRPC", r"(grpc|grpcpp)/", r"server/rpc/|client/(?!cpp/include/)|tests/"),
    ("protobuf", r"google/protobuf/",
     r"server/(rpc|sources)/|client/(?!cpp/include/)|tests/"),
    ("the generated model configuration", r"inference/model_config\.pb\.h",
     r"server/(rpc|sources)/|client/(?!cpp/include/)|tests/"),
    ("a generated service", r"(inference/grpc_service|management/|health/|reflection/)",
     r"server/rpc/|client/(?!cpp/include/)|tests/"),
    ("the client's public headers", r"sconce/", r"client/|tests/"),
    ("Prometheus", r"prometheus/", r"server/(telemetry|admin)/|tests/"),
    ("the HTTP library", r"httplib\.h", r"server/admin/|client/loadtest/|tests/"),
    ("logging or JSON", r"(spdlog|nlohmann)/",
     r"server/(telemetry|admin|runtime/archive|runtime/probe)/"
     r"|server/sources/registry_state_text|client/|tests/"),
    ("OpenSSL", r"openssl/", r"server/(sources/sha256|rpc/tls_files)"),
    ("the flag parser", r"CLI/", r"server/options\.cc|client/|tests/"),
]

# A file that includes one of these costs 17 s and 0.9 GB to compile.
WHOLE_TORCH = re.compile(r"torch/(script|torch|extension)\.h")
MOST_FILES_WITH_WHOLE_TORCH = 12


# What belongs to the whole process, or to a thread as long as it lives, is set
# where these start, never for a request.
GLOBAL = re.compile(
    r"\b(set_num_(interop_)?threads|mallopt|setenv|putenv|locale::global"
    r"|setTensorExprFuserEnabled|setGraphExecutor\w*|setAllow\w+"
    r"|setUserEnabled\w+|set_flush_denormal)\b|getProfilingMode\(\) =")
# precision_turns.cc is the one switch that has to change as the server runs: it
# does while nobody enqueues.
SETS_GLOBALS = re.compile(
    r"server/(main|runtime/(torch_process|precision_turns))\.cc"
    r"|client/|tests/")


def global_faults(root: pathlib.Path, file: pathlib.Path) -> list[str]:
    if SETS_GLOBALS.match(file.as_posix()):
        return []
    return [
        f"{file}:{number}: what belongs to the process is set where it starts"
        for number, line in enumerate(
            (root / file).read_text().splitlines(), start=1)
        if GLOBAL.search(line.split("//")[0])
    ]


def layer_of(path: pathlib.PurePath) -> str:
    """`server/rpc` for what lies anywhere below it, `client/cpp/include` for
    what users of the client see, else the top folder."""
    parts = path.parts
    if parts[0] == "server" and len(parts) > 2:
        return "/".join(parts[:2])
    if parts[:3] == PUBLIC:
        return "/".join(PUBLIC)
    return parts[0]


def layer_fault(here: str, there: str) -> str | None:
    """Why files in layer `here` may not include those in layer `there`."""
    if here == there or here == "tests":
        return None
    if here == "server":
        return None if there.startswith("server/") else f"server sees {there}"
    if here in ("client", "/".join(PUBLIC)):
        return f"{here} never includes {there}"
    if here not in ALLOWED:
        return f"{here} is not in the table of {pathlib.Path(__file__).name}"
    if there not in [f"server/{name}" for name in ALLOWED[here]]:
        return f"{here} may not include {there}"
    return None


def external_fault(file: pathlib.Path, included: str) -> str | None:
    for name, pattern, homes in EXTERNAL:
        if re.match(pattern, included) and not re.match(homes,
                                                        file.as_posix()):
            return f"{name} is not for {layer_of(file)}"
    return None


def cycle_faults(graph: dict[str, list[str]]) -> list[str]:
    """One line per circle of includes that a depth-first walk closes."""
    faults, done = [], set()

    def visit(file: str, path: list[str]) -> None:
        if file in path:
            circle = path[path.index(file):] + [file]
            faults.append(f"{file}:1: include cycle: {' -> '.join(circle)}")
        elif file not in done:
            for included in graph.get(file, []):
                visit(included, path + [file])
            done.add(file)

    for file in sorted(graph):
        visit(file, [])
    return faults


def check(root: pathlib.Path) -> list[str]:
    faults, graph, whole_torch = [], {}, []
    for file in tree.cxx_files(root):
        graph[file.as_posix()] = []
        faults += global_faults(root, file)
        for line, included in tree.includes(root, file):
            if (root / included).is_file():
                graph[file.as_posix()].append(included)
                fault = layer_fault(layer_of(file),
                                    layer_of(pathlib.PurePath(included)))
            elif (root / file.parent / included).is_file():
                fault = "write the path from the repository's root"
            else:
                fault = external_fault(file, included)
            if fault:
                faults.append(f"{file}:{line}: {fault} ({included})")
            if WHOLE_TORCH.match(included) and file.parts[0] == "server":
                whole_torch.append(file.as_posix())
    if len(whole_torch) > MOST_FILES_WITH_WHOLE_TORCH:
        faults.append(f"{whole_torch[-1]}:1: {len(whole_torch)} files include "
                      f"all of torch, {MOST_FILES_WITH_WHOLE_TORCH} may")
    return faults + cycle_faults(graph)


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1]) if sys.argv[1:]
                  else tree.repository_root())
    print("\n".join(found) or "layers: no fault")
    sys.exit(bool(found))
