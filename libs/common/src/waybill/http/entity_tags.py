"""Entity tags: versions of a resource in ETag and conditional requests.

RFC 9110: ETag 8.8.3, If-Match 13.1.1, If-None-Match 13.1.2.
"""

import re
from typing import Final

_WEAK: Final = "W/"
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


def is_unchanged(if_none_match: str, etag: str) -> bool:
    """Whether the value of If-None-Match names `etag`, the tag of an existing resource.

    Tags are compared weakly: `W/"3"` and `"3"` are the same. `*` is any version. A value that is no
    list of tags names none.
    """
    if if_none_match == "*":
        return True
    tags = _TAGS.findall(if_none_match) if _LIST.fullmatch(if_none_match) else []
    return etag.removeprefix(_WEAK) in {tag.removeprefix(_WEAK) for tag in tags}
