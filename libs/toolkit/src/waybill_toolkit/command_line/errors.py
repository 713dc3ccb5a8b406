"""Errors that end a command with one sentence instead of a traceback."""


class CommandError(Exception):
    """An error that the user can fix. Its text is one sentence that says how."""
