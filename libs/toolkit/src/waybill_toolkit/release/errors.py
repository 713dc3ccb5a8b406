"""The error of this package."""


class ReleaseError(Exception):
    """A release cannot be made; the sentence says why and what to do."""
