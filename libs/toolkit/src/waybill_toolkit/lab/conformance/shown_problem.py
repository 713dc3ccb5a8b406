"""The problem that a response shows, whatever its form: JSON, an error of OAuth, or a page."""

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from schemathesis.core.transport import Response

from waybill.http.problems import TYPE_PREFIX
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.schema_check import Json

_TITLE: Final = re.compile(r"<title>([^<]*)</title>")


def shown_problem(response: Response) -> Json:
    """Return the problem; of a page and of an error of OAuth only its type. {} without one."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        title = _TITLE.search(response.content.decode(errors="replace"))
        return _of_type(_slugs().get(html.unescape(title[1]))) if title else {}
    if not isinstance(answer, dict):
        return {}
    if isinstance(error := answer.get("error"), str):
        return _of_type(error.replace("_", "-"))
    return answer


def _of_type(slug: str | None) -> Json:
    return {"type": TYPE_PREFIX + slug} if slug else {}


@cache
def _slugs() -> dict[str, str]:
    """Read the registry: slugs by title."""
    path = Repository.around(Path.cwd()).root / "contracts" / "shared" / "problems.yaml"
    registry = yaml.safe_load(path.read_text("utf-8"))
    return {each["title"]: slug for slug, each in registry.items() if isinstance(each, dict)}
