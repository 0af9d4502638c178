"""torch.save's format since PyTorch 1.6: a zip archive with data.pkl."""

import io

from sconce.check.archive import Archive
from sconce.check.finding import Finding
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.saved import Saved
from sconce.check.storages import first_few, storage_faults


def describe_saved(path: str, archive: Archive) -> Finding:
    """Raises DamagedError where data.pkl cannot be read."""
    value = read_pickle(io.BytesIO(archive.read("data.pkl", MAX_BYTES)))
    found = Saved(path, "torch.save (zip)", value).finding()
    found.refuse(*first_few(storage_faults(archive, found.tensors)))
    return found
