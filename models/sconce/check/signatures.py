"""Files that are no models of PyTorch, by how they begin."""

from sconce.check import advice
from sconce.check.finding import Finding, Kind

# Where it stands, what stands there, what it is, what to do.
SIGNATURES: list[tuple[int, bytes, str, str]] = [
    (
        0,
        b"version https://git-lfs",
        "a pointer of Git LFS: the file itself is elsewhere",
        "run `git lfs pull` in its repository",
    ),
    (0, b"\x89HDF\r\n", "an HDF5 file, as Keras writes them", ""),
    (0, b"GGUF", "a GGUF file of llama.cpp", ""),
    (4, b"TFL3", "a TensorFlow Lite model", ""),
    (0, b"\x93NUMPY", "a NumPy array (.npy)", ""),
    (0, b"\x7fELF", "a compiled program or library", ""),
    (0, b"\x1f\x8b", "a gzip file", "unpack it and check what is inside"),
    (0, b"7z\xbc\xaf", "a 7z file", "unpack it and check what is inside"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it and check it again"),
    (0, b"\x89PNG", "an image (PNG)", ""),
    (0, b"\xff\xd8\xff", "an image (JPEG)", ""),
]
HTML = (b"<!doctype html", b"<html")


def describe_other(head: bytes) -> Finding:
    """What the first bytes tell, which may be nothing."""
    for place, bytes_there, title, what_to_do in SIGNATURES:
        if head[place:].startswith(bytes_there):
            return _other(title, what_to_do)
    if head.lstrip().lower().startswith(HTML):
        title = "a web page: a download that was answered by an error page"
        return _other(title, "download it again")
    if is_text(head):
        beginning = head.decode("utf-8", "ignore").strip().splitlines()
        first = beginning[0][:60] if beginning else ""
        return _other(f"text, beginning with {first!r}", "")
    return _other("of no known kind", "")


def is_text(head: bytes) -> bool:
    """Whether all of it can be printed. A character may be cut at the end."""
    try:
        text = head[: len(head) - 4 or None].decode()
    except UnicodeDecodeError:
        return False
    return all(each.isprintable() or each.isspace() for each in text)


def _other(title: str, what_to_do: str) -> Finding:
    return Finding(Kind.OTHER, title, advice=what_to_do or advice.NO_MODEL)
