"""What stops an inspection."""


class InspectError(Exception):
    """The file cannot be inspected; the text is one line for the user."""
