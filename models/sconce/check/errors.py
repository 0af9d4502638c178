"""What readers of the kinds raise for files that are not as they should
be."""


class DamagedError(ValueError):
    """The content contradicts itself, or is cut short; one line says how."""
