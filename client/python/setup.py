"""The build step beside pyproject.toml: the wire's descriptors.

`sconce/client/wire.binpb` is the serialized FileDescriptorSet of the two
services, from the .proto files of the checkout. An sdist carries the file and
not its sources, so a build from one takes it as it is.
"""

import os
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
PROTO = HERE.parents[1] / "proto"
SOURCES = ("inference/grpc_service.proto", "management/v1/management.proto")
DESCRIPTORS = HERE / "sconce" / "client" / "wire.binpb"


def write_descriptors() -> None:
    """Brings the file up to date. Exits with a line when it cannot."""
    if not PROTO.is_dir():
        if not DESCRIPTORS.is_file():
            sys.exit(f"neither {PROTO} nor {DESCRIPTORS} is there; build from "
                     "a checkout or from an sdist of this package")
        return
    import grpc_tools
    from grpc_tools import protoc

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    draft = DESCRIPTORS.with_name(f".wire-{os.getpid()}.binpb")
    status = protoc.main([
        "protoc", f"-I{PROTO}", f"-I{well_known}", "--include_imports",
        f"--descriptor_set_out={draft}", *SOURCES,
    ])
    if status:
        sys.exit(f"protoc could not read {PROTO} (see above)")
    os.replace(draft, DESCRIPTORS)


class BuildWithDescriptors(build_py):
    def run(self) -> None:
        write_descriptors()
        super().run()


class SourcesWithDescriptors(sdist):
    def run(self) -> None:
        write_descriptors()
        super().run()


setup(cmdclass={"build_py": BuildWithDescriptors,
                "sdist": SourcesWithDescriptors})
