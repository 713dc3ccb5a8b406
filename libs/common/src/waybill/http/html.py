"""What all pages share: the headers that protect them, and one style.

A page needs no script and loads nothing. Its style is in it, and the Content-Security-Policy has
the hash of that style, so a page that is built here or by a template with STYLE looks the same, and
anything that somebody else puts into a page has no effect.
"""

import base64
import hashlib
from html import escape
from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --accent: #0b57d0; --text: #fff }
@media (prefers-color-scheme: dark) { :root { --accent: #a8c7fa; --text: #062e6f } }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 2rem 1rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem }
input { font: inherit; padding: .6rem; width: 100%; border: 1px solid var(--line);
  border-radius: .4rem }
input[type=checkbox] { width: auto; margin-right: .5rem }
button { font: inherit; font-weight: 600; padding: .7rem; width: 100%; margin: 1rem 0 0; border: 0;
  border-radius: .4rem; background: var(--accent); color: var(--text) }
button.plain { background: none; color: inherit; border: 1px solid var(--line) }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.error { border-left: 4px solid #c5221f; padding: .25rem .75rem }
.note { border-left: 4px solid var(--accent); padding: .25rem .75rem }
.small { font-size: .875rem }
code { overflow-wrap: anywhere }
"""


def policy(*form_targets: str) -> str:
    """Return the Content-Security-Policy of a page whose forms may lead to these origins too.

    Browsers check where a form leads after redirects.
    """
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    targets = " ".join(("'self'", *form_targets))
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action {targets};"
        " base-uri 'none'; frame-ancestors 'none'"
    )


PAGE_HEADERS: Final = (
    ("cache-control", "no-store"),
    ("content-security-policy", policy()),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)
"""Of every page and of every redirect between pages. An answer can replace one by its own."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{paragraphs}
</main>
</body>
</html>
"""


def page(title: str, *paragraphs: str) -> str:
    """Return a page of text."""
    written = "\n".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    return _PAGE.format(title=escape(title), style=STYLE, paragraphs=written)
