"""Markdown is rendered like on GitHub."""

from pathlib import Path

import pytest

from waybill_toolkit.site.markdown import Renderer, contents
from waybill_toolkit.site.targets import Targets


def renderer() -> Renderer:
    return Renderer(
        link=lambda target: target.replace(".md", ".html"),
        draw=lambda source: f"<svg>{source.strip()}</svg>",
        generate=lambda wanted: f"<p>{wanted}</p>\n",
    )


def test_headings_have_the_names_that_github_gives_them() -> None:
    rendered = renderer().render("# A `b` (c)\n\n## Don't: wait, 2 times\n\n## Twice\n\n## Twice\n")
    names = [each.slug for each in rendered.headings]
    assert names == ["a-b-c", "dont-wait-2-times", "twice", "twice-1"]
    assert rendered.title == "A b (c)"
    assert 'href="#twice-1"' in contents(rendered.headings)


def test_links_diagrams_and_markers_are_replaced() -> None:
    text = (
        "See [x](y.md#z) | ![i](y.svg)\n\n```mermaid\nA-->B\n```\n\n<!-- generated: settings -->\n"
    )
    html = renderer().render(text).html
    assert '<a href="y.html#z">x</a>' in html
    assert '<img src="y.svg"' in html
    assert '<figure class="diagram"><svg>A-->B</svg></figure>' in html
    assert "<p>settings</p>" in html


def test_code_and_tables_are_rendered() -> None:
    html = renderer().render("```python\nx = 1\n```\n\n| a |\n|---|\n| `b` |\n").html
    assert '<span class="mi">1</span>' in html
    assert '<div class="wide" tabindex="0"><table>' in html
    assert "<td><code>b</code></td>" in html


def test_the_address_of_a_picture_is_rewritten_on_its_own() -> None:
    shown = Renderer(link=str, draw=str, generate=str, picture=lambda target: f"data:{target}")
    assert '<img src="data:a.svg" alt="A" />' in shown.render("![A](a.svg)").html


@pytest.mark.parametrize(("name", "kind"), [("a.svg", "image/svg+xml"), ("a.png", "image/png")])
def test_a_picture_of_the_repository_is_a_part_of_the_page(
    tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / name).write_bytes(b"drawn")
    targets = Targets(tmp_path, {})
    assert targets.picture(name, "docs/page.md") == f"data:{kind};base64,ZHJhd24="
    assert targets.picture("gone.png", "docs/page.md") == "gone.png"
