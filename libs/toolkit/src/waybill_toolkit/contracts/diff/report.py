"""Formats a judgement as text and as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from waybill_toolkit.contracts.diff.announced import FILE, PLACEHOLDER
from waybill_toolkit.contracts.diff.change import Change
from waybill_toolkit.contracts.diff.judgement import Judged, Judgement
from waybill_toolkit.contracts.diff.revision import Revision

SUBJECTS_SHOWN_MAX = 4


def as_text(judgement: Judgement, base: Revision, root: Path) -> Iterator[str]:
    """Yield the lines for each change, and what to do about it."""
    for each in judgement.changes:
        change = each.change
        verdict = "safe" if not change.breaking else "breaking" + (", allowed" * each.allowed)
        yield f"{_place(change, base, root)}: {verdict} [{change.rule}] {change.message}"
        yield f"    in {_subjects(change)}"
        if change.breaking:
            yield f"    hits {_hit(each)}"
    breaking = sum(each.change.breaking for each in judgement.changes)
    safe = len(judgement.changes) - breaking
    yield f"{breaking} breaking and {safe} safe changes since {base.name} ({base.commit[:7]})."
    yield from _missing_lines(judgement)
    for document, (version, needed) in judgement.needed.items():
        yield (
            f"contracts/{document} breaks {version}. Keep the old form and add the"
            f" new one (/v2/…, ….v2), or set info.version to {needed}."
        )


def as_json(judgement: Judgement, base: Revision, root: Path) -> dict[str, Any]:
    """Return the same data for programs."""
    return {
        "base": base.name,
        "commit": base.commit,
        "allowed": judgement.allowed,
        "new_versions_needed": {
            document: {"version": version, "needed": needed}
            for document, (version, needed) in judgement.needed.items()
        },
        "lines_needed": {name: list(lines) for name, lines in judgement.unannounced.items()},
        "changes": [_change(each, base, root) for each in judgement.changes],
    }


def _missing_lines(judgement: Judgement) -> Iterator[str]:
    if not judgement.unannounced:
        return
    yield f"Add to contracts/{FILE}, each with its reason:"
    for document, messages in judgement.unannounced.items():
        yield f"  {document}:"
        for message in messages:
            yield f"    {json.dumps(message, ensure_ascii=False)}: {PLACEHOLDER}"


def _change(each: Judged, base: Revision, root: Path) -> dict[str, Any]:
    change = each.change
    return {
        "rule": change.rule,
        "message": change.message,
        "breaking": change.breaking,
        "allowed": each.allowed,
        "file": str(_file(change, base, root)),
        "line": change.line,
        "side": change.side,
        "subjects": [
            {"border": subject.border, "service": subject.service, "name": subject.name}
            for subject in sorted(change.subjects)
        ],
        "hits": [{"service": hit.service, "how": hit.how, "what": hit.what} for hit in each.hits],
        "hits_clients": _hits_clients(change),
    }


def _place(change: Change, base: Revision, root: Path) -> str:
    """Return the location in the form that editors and `git show` accept."""
    file = _file(change, base, root)
    return f"{f'{base.name}:' if change.side == 'before' else ''}{file}:{change.line}"


def _file(change: Change, base: Revision, root: Path) -> Path:
    return change.path.relative_to(base.contracts.parent if change.side == "before" else root)


def _subjects(change: Change) -> str:
    names = [f"{each.service}: {each.name}" for each in sorted(change.subjects)]
    more = len(names) - SUBJECTS_SHOWN_MAX
    shown = ", ".join(names[:SUBJECTS_SHOWN_MAX])
    return f"{shown} and {more} more" if more > 0 else shown


def _hit(each: Judged) -> str:
    found = [f"{hit.service} ({hit.how} {hit.what})" for hit in each.hits]
    if _hits_clients(each.change):
        found.append("every client of the API")
    return ", ".join(found) or "no service of this repository"


def _hits_clients(change: Change) -> bool:
    """Return whether external callers are affected: those of any public operation."""
    return change.breaking and any(
        each.border == "http" and each.public for each in change.subjects
    )
