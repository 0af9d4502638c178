"""What a reader of an inspection should not miss, in one line each."""

from sconce.inspect.inspection import DeviceConstant, Inspection

MODE_MATTERS = ("BatchNorm", "Dropout", "InstanceNorm")


def notes(found: Inspection) -> list[str]:
    """Nothing for an archive in good order."""
    return [
        *training_notes(found),
        *(device_note(each) for each in found.device_constants),
        *saved_device_notes(found),
        *metadata_notes(found),
    ]


def training_notes(found: Inspection) -> list[str]:
    """Modules that answer otherwise in training mode and were left in it."""
    left = [
        module.path or module.type
        for module in found.modules
        if module.training and any(w in module.type for w in MODE_MATTERS)
    ]
    if not left:
        return []
    return [
        f"training mode is on in {', '.join(left)}: call .eval() and export "
        "again"
    ]


def device_note(constant: DeviceConstant) -> str:
    where = f" ({constant.line})" if constant.line else ""
    return (
        f"{constant.method}: {constant.operator} always runs on "
        f"'{constant.device}'{where}: it breaks on another device; take the "
        "device from an input inside a scripted function"
    )


def saved_device_notes(found: Inspection) -> list[str]:
    others = [device for device in found.saved_devices if device != "cpu"]
    if not others:
        return []
    return [
        f"tensors were saved on {', '.join(others)}: the server moves them "
        "where it runs"
    ]


def metadata_notes(found: Inspection) -> list[str]:
    if found.recorded is None:
        return ["no metadata: 'sconce export' records names, shapes and "
                "golden examples"]
    if found.recorded.mismatches:
        return [f"exported with {len(found.recorded.mismatches)} known "
                "differences from eager PyTorch (--allow-mismatch)"]
    return []
