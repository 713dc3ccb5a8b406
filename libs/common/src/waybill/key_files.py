"""The form of files with keys: `<UTC time of creation>.key` with 64 hexadecimal digits.

A module of its own, as who only writes such files, or reports their faults, needs no cryptography.
"""

from typing import Final

SUFFIX: Final = ".key"
KEY_BYTES: Final = 32


class SealingError(Exception):
    """A text cannot be sealed or unsealed; the message contains neither text nor key."""
