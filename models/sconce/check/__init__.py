"""Names any file by its content and says whether Sconce can serve it.

Nothing in a file is run: pickles are read operation by operation and their
classes are never looked up. No torch is imported. models/doc/checking.md
lists the kinds and the limits.
"""

from sconce.check.finding import Finding, Kind, TensorInfo
from sconce.check.identify import check_file

__all__ = ["Finding", "Kind", "TensorInfo", "check_file"]
