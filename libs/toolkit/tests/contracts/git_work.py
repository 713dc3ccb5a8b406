"""A git repository with contracts."""

import subprocess

from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.contract_edits import Edit, rewrite


class Work:
    """The current folder: a git repository with contracts."""

    def __init__(self, repository: Repository) -> None:
        self.root = repository.root

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "State")

    def edit(self, document: str, edit: Edit) -> None:
        rewrite(self.root / "contracts" / document, edit)

    def diff(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(build(), ["contracts", "diff", *arguments])
        return result.exit_code, result.output
