"""What ends a command with one sentence instead of a traceback."""


class CommandError(Exception):
    """A failure that a person can act on: its text is one sentence that says what to do."""
