#!/usr/bin/env python3
"""Compares our inference schema with the one inside the tritonclient wheel.

Existing clients speak the schema that their wheel carries, so every service,
message, enum and field there must exist here with the same number and type,
and we may add nothing beyond what ADDED_BY_US lists. Exit status: 0 equal,
1 different (one line per difference), 2 the comparison could not be made.
"""

import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

PROTO_ROOT = pathlib.Path(__file__).resolve().parent
OUR_FILES = ("inference/model_config.proto", "inference/grpc_service.proto")

PROPERTIES = "ModelMetadataResponse.PropertiesEntry"
# What only we have, path -> shape: the Open Inference Protocol has this map,
# and clients that do not know it skip it.
ADDED_BY_US = {
    "ModelMetadataResponse.properties":
        f"number 6, LABEL_REPEATED, TYPE_MESSAGE, .inference.{PROPERTIES}",
    PROPERTIES: "map entry",
    f"{PROPERTIES}.key": "number 1, LABEL_OPTIONAL, TYPE_STRING",
    f"{PROPERTIES}.value": "number 2, LABEL_OPTIONAL, TYPE_STRING",
}
# What only newer wheels have, path -> shape, each with its reason. Clients
# send these to servers that do not know them, which must be harmless.
MISSING_HERE = {}

Field = descriptor_pb2.FieldDescriptorProto


def our_files():
    """Descriptors of our files, freshly compiled; imports are left out."""
    with tempfile.NamedTemporaryFile(suffix=".pb") as out:
        subprocess.run(
            ["protoc", f"-I{PROTO_ROOT}", f"--descriptor_set_out={out.name}",
             *OUR_FILES],
            check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read()).file


def their_files():
    """Descriptors of the schema that the installed tritonclient speaks."""
    from tritonclient.grpc import model_config_pb2, service_pb2
    files = []
    for module in (model_config_pb2, service_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        files.append(file)
    return files


def field_shape(field, message):
    """All that decides a field's bytes and its generated accessors."""
    parts = [f"number {field.number}", Field.Label.Name(field.label),
             Field.Type.Name(field.type)]
    if field.type_name:
        parts.append(field.type_name)
    if field.HasField("oneof_index"):
        parts.append(f"oneof {message.oneof_decl[field.oneof_index].name}")
    if field.proto3_optional:
        parts.append("optional")
    if field.options.HasField("packed"):
        parts.append(f"packed {field.options.packed}")
    return ", ".join(parts)


def add_enum(shapes, path, enum):
    shapes[path] = "enum"
    for value in enum.value:
        shapes[f"{path}.{value.name}"] = f"number {value.number}"


def add_message(shapes, path, message):
    shapes[path] = "map entry" if message.options.map_entry else "message"
    for field in message.field:
        shapes[f"{path}.{field.name}"] = field_shape(field, message)
    for enum in message.enum_type:
        add_enum(shapes, f"{path}.{enum.name}", enum)
    for nested in message.nested_type:
        add_message(shapes, f"{path}.{nested.name}", nested)


def add_service(shapes, service):
    # A service may share its name with a message, an RPC does so here.
    shapes[f"service {service.name}"] = "service"
    for rpc in service.method:
        takes = "stream " * rpc.client_streaming + rpc.input_type
        gives = "stream " * rpc.server_streaming + rpc.output_type
        shapes[f"service {service.name}.{rpc.name}"] = f"{takes} -> {gives}"


def schema_shapes(files):
    """Maps the path of everything that the files define to its shape."""
    shapes = {}
    for file in files:
        shapes["package"] = file.package
        shapes["syntax"] = file.syntax
        for enum in file.enum_type:
            add_enum(shapes, enum.name, enum)
        for message in file.message_type:
            add_message(shapes, message.name, message)
        for service in file.service:
            add_service(shapes, service)
    return shapes


def differences(ours, theirs):
    """One line per path that differs and is not listed above."""
    expected = {p: s for p, s in theirs.items() if MISSING_HERE.get(p) != s}
    expected.update(ADDED_BY_US)
    for path in sorted(ours.keys() | expected.keys()):
        here, there = ours.get(path, "nothing"), expected.get(path, "nothing")
        if here != there:
            yield f"{path}: here {here}; expected {there}"


def stale_entries(theirs):
    """One line per entry above that no longer describes a difference."""
    for path in ADDED_BY_US.keys() & theirs.keys():
        yield f"{path}: in ADDED_BY_US, but tritonclient has it as well"
    for path in MISSING_HERE.keys() - theirs.keys():
        yield f"{path}: in MISSING_HERE, but tritonclient lacks it as well"


def main():
    try:
        ours, theirs = schema_shapes(our_files()), schema_shapes(their_files())
    except (ImportError, OSError, subprocess.CalledProcessError) as error:
        print(f"check_wire: cannot compare: {error}", file=sys.stderr)
        return 2
    found = [*differences(ours, theirs), *stale_entries(theirs)]
    for line in found:
        print(f"check_wire: {line}", file=sys.stderr)
    if found:
        return 1
    print(f"check_wire: {len(theirs)} definitions equal to tritonclient's, "
          f"{len(ours.keys() - theirs.keys())} added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
