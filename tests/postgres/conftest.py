"""A service of ours on the PostgreSQL of a test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from tests.postgres.products import Products

from catalog.app import assemble
from catalog.settings import CatalogSettings
from waybill.app import build
from waybill_toolkit.testing.serving import serving

Shop = Callable[..., AbstractContextManager[Products]]


@pytest.fixture
def shop(bootstrap_servers: str) -> Shop:
    """Give a function that runs the catalogue with these settings, and creates products there."""

    @contextmanager
    def run(**settings: str) -> Iterator[Products]:
        chosen = CatalogSettings.model_validate(
            {"kafka_bootstrap_servers": bootstrap_servers, "access": "open", **settings}
        )
        with serving(build(chosen, assemble)) as address:
            yield Products(address)

    return run
