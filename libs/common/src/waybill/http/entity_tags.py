"""Entity tags: versions of a resource in ETag and If-Match (RFC 9110, 8.8.3 and 13.1.1)."""

import re
from typing import Final

_TAG: Final = r'(?:W/)?"[!#-~\x80-\xff]*"'
_TAGS: Final = re.compile(_TAG)
_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def if_match_holds(if_match: str, etag: str) -> bool:
    """Whether `etag`, the strong tag of an existing resource, fulfils the value of If-Match.

    `*` is any version. A weak tag never matches, because it does not identify an exact version.
    Neither does a value that is no list of tags.
    """
    if if_match == "*":
        return True
    return _LIST.fullmatch(if_match) is not None and etag in _TAGS.findall(if_match)
