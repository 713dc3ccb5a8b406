"""The site as a folder of files; tests/docs checks it in a browser."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.site import facts
from waybill_toolkit.site.build import SiteError, build_site
from waybill_toolkit.site.links import link_faults, read_page
from waybill_toolkit.testing.workers import made_once

ROOT: Final = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this tree."""
    return made_once(tmp_path_factory, "site", lambda folder: build_site(Repository(ROOT), folder))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the site's sources to change, without diagrams, which are slow."""
    root = tmp_path / "tree"
    for folder in ("contracts", "deploy", "docs", "services", "libs", "tests/contract"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("*.pyc"))
    for file in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, root)
    for path in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        path.write_text(path.read_text().replace("```mermaid", "```text"))
    return root


def test_no_link_of_the_site_leads_nowhere(site: Path) -> None:
    assert link_faults(site) == []
    assert sum(len(read_page(page).links) for page in site.rglob("*.html")) > 2_000


def test_every_document_and_every_service_has_its_pages(site: Path) -> None:
    for path in [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/*/*.md")]:
        assert (site / path.relative_to(ROOT / "docs").with_suffix(".html")).is_file()
    for service in Repository(ROOT).packages:
        for page in ("", "/reference", "/events"):
            assert (site / f"services/{service}{page}.html").is_file()


def test_diagrams_are_drawn_and_markers_filled_in(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert "<!-- generated" not in text
    assert '<figure class="diagram"><svg' in (site / "services/orders.html").read_text()
    assert "WAYBILL_RESERVATION_MINUTES" in (site / "services/inventory.html").read_text()
    operations = (site / "operations.html").read_text()
    assert "WAYBILL_KAFKA_SESSION_TIMEOUT_MS" in operations
    assert "order-follows-its-saga" in operations


def test_the_site_is_not_built_with_broken_links(tree: Path, tmp_path: Path) -> None:
    links = {
        "[x](nowhere.md)": "nowhere.md leads nowhere",
        "[x](concepts.md#nothing)": "concepts.html#nothing: there is no #nothing on that page",
        "[x](../libs/common/nothing.py)": "../libs/common/nothing.py leads nowhere",
        "![x](http://cdn.test/x.png)": "http://cdn.test/x.png is fetched from elsewhere",
        "<a href='gone.html'>x</a>": "gone.html leads nowhere",
    }
    text = "# Operations\n\n## Settings\n\n" + "\n\n".join(links)
    (tree / "docs" / "operations.md").write_text(text)
    with pytest.raises(SiteError) as refused:
        build_site(Repository(tree), tmp_path / "site")
    faults = str(refused.value).splitlines()
    assert {f"operations.html: {fault}" for fault in links.values()} <= set(faults)


def test_unlisted_document_is_on_the_site(tree: Path, tmp_path: Path) -> None:
    (tree / "docs" / "shipping-by-sea.md").write_text("# Shipping by sea\n\n[home](../README.md)\n")
    (tree / "docs" / "services" / "catalog.md").unlink()
    build_site(Repository(tree), tmp_path / "site")
    assert (
        'href="shipping-by-sea.html">Shipping by sea</a>'
        in (tmp_path / "site" / "index.html").read_text()
    )
    catalog = (tmp_path / "site" / "services" / "catalog.html").read_text()
    assert "<h1" in catalog
    assert "/v1/products" in catalog


def test_unknown_marker_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "docs" / "more.md").write_text("# More\n\n<!-- generated: settings nobody -->\n")
    with pytest.raises(facts.UnknownMarkerError, match="settings nobody"):
        build_site(Repository(tree), tmp_path / "site")


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(SiteError, match="is not empty"):
        build_site(Repository(ROOT), tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"
