"""`python -m waybill_toolkit.release prepare VERSION`, and `build`: see `make release`."""

import sys
from pathlib import Path

import typer

from waybill.clock import SystemClock
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.release.errors import ReleaseError
from waybill_toolkit.release.packages import build
from waybill_toolkit.release.preparation import prepare
from waybill_toolkit.release.versions import current_version

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command("prepare")
def prepare_files(version: str) -> None:
    """Write VERSION into all files that contain it, and the changelog."""
    prepare(Path.cwd(), version, SystemClock().now().date())


@app.command("build")
def build_packages() -> None:
    """Build the packages of the current version into dist/VERSION."""
    root = Path.cwd()
    version = current_version(root)
    for path in build(root, root / "dist" / version):
        typer.echo(path.relative_to(root))
    typer.echo(f"Now: git commit -am 'Release {version}' && git tag -a v{version} -m {version}")


if __name__ == "__main__":
    try:
        app()
    except (ReleaseError, ContractError) as error:
        sys.exit(str(error))
