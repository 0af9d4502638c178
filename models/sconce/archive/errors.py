"""What is raised for metadata that does not follow the format."""


class MetadataError(ValueError):
    """One line: the field, what was expected there and what was found."""
