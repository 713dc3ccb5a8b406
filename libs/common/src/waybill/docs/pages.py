"""The rendered pages of a contract: files in a wheel, rendered on request in a checkout.

The build of a wheel renders them into the generated package, so that an installed service needs no
template engine. They are not in git. A service that runs from a checkout calls a renderer, which
another distribution provides by an entry point of the group `waybill.pages`: a function that takes
the generated package, and returns a function from the page's name to its HTML, or None.
"""

from collections.abc import Callable
from functools import cached_property
from importlib.metadata import entry_points
from importlib.resources.abc import Traversable
from typing import Final

RENDERERS: Final = "waybill.pages"

Render = Callable[[str], str]


class PageMissingError(Exception):
    """The page does not exist. The message is one sentence for the reader."""


class Pages:
    """The pages of one generated package. Its methods may take a second: call them in a thread."""

    def __init__(self, contract: Traversable) -> None:
        self._contract = contract

    def has(self, name: str) -> bool:
        """Return whether the page exists or can be rendered."""
        return self._render is not None or self._file(name).is_file()

    def html(self, name: str) -> str:
        """Return a page without its frame. Raises PageMissingError."""
        if self._render is not None:  # before any file: a file in a checkout may be stale
            try:
                return self._render(name)
            except RuntimeError as error:
                raise PageMissingError(str(error)) from None
        try:
            return self._file(name).read_text("utf-8")
        except FileNotFoundError:
            raise PageMissingError(
                "This page was not built. Install the service from its wheel, which has it, or run"
                " it in a checkout together with waybill-toolkit, which renders it."
            ) from None

    def _file(self, name: str) -> Traversable:
        return self._contract.joinpath("pages", f"{name}.html")

    @cached_property
    def _render(self) -> Render | None:
        found = (each.load()(self._contract) for each in entry_points(group=RENDERERS))
        return next((render for render in found if render is not None), None)
