"""A release builds everything that it publishes."""

import hashlib
import shutil
import tarfile
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.release.errors import ReleaseError
from waybill_toolkit.release.packages import CHECKSUMS, NOTES, build
from waybill_toolkit.release.preparation import prepare

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("contracts", "libs/common", "libs/toolkit", "services/gateway")
LANGUAGES: Final = ("go", "java", "python", "typescript")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this project with one service, prepared as release 9.0.0."""
    root = tmp_path_factory.mktemp("release")
    for part in PARTS:
        shutil.copytree(
            ROOT / part, root / part, ignore=shutil.ignore_patterns("tests", "__pycache__")
        )
    shutil.copy(ROOT / "CHANGELOG.md", root)
    prepare(root, "9.0.0", date(2026, 12, 1))
    return root


def test_a_release_has_wheels_client_packages_notes_and_checksums(tree: Path) -> None:
    files = build(tree, tree / "dist")

    names = {path.name for path in files}
    assert "gateway-9.0.0-py3-none-any.whl" in names
    assert names >= {f"waybill-client-{language}-9.0.0.tar.gz" for language in LANGUAGES}
    assert names >= {
        "waybill-9.0.0-py3-none-any.whl",
        "waybill_toolkit-9.0.0-py3-none-any.whl",
        NOTES,
    }
    for line in (tree / "dist" / CHECKSUMS).read_text("utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tree / "dist" / name).read_bytes()).hexdigest() == digest
        names.discard(name)
    assert names == {CHECKSUMS}
    for language in LANGUAGES:
        with tarfile.open(tree / "dist" / f"waybill-client-{language}-9.0.0.tar.gz") as archive:
            inside = {Path(name).name for name in archive.getnames()}
        assert inside >= {"LICENSE", "CHANGELOG.md", "README.md"}

    with pytest.raises(ReleaseError, match="is not empty"):
        build(tree, tree / "dist")
