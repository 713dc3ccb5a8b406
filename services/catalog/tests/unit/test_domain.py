from uuid import UUID

import pytest

from catalog.domain import Draft, Variant, etag, first_duplicate, first_version, full_name
from catalog.prices import DatedPrice

PRODUCT = UUID(int=1)
PRICE = DatedPrice(255, "GBP")


@pytest.mark.parametrize(
    ("skus", "duplicate"),
    [([], None), (["A", "B"], None), (["A", "a"], None), (["A", "B", "C", "B", "A"], "B")],
)
def test_the_first_repeated_sku_is_found(skus: list[str], duplicate: str | None) -> None:
    assert first_duplicate(skus) == duplicate


def test_a_new_variant_has_version_one() -> None:
    variant = first_version(PRODUCT, Draft("A", "White", PRICE))

    assert variant == Variant("A", PRODUCT, "White", (PRICE,), version=1)
    assert etag(variant) == '"1"'


def test_a_variant_is_named_after_its_product() -> None:
    assert full_name("T-Light Holder", None) == "T-Light Holder"
    assert full_name("T-Light Holder", "White") == "T-Light Holder, White"
