import pytest

from waybill_toolkit.new.names import looks_plural, plural_of, singular_of


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("award", "awards"),
        ("gift_card", "gift_cards"),
        ("city", "cities"),
        ("day", "days"),
        ("box", "boxes"),
        ("batch", "batches"),
        ("address", "addresses"),
        ("status", "statuses"),
        ("analysis", "analyses"),
        ("person", "people"),
        ("sales_person", "sales_people"),
    ],
)
def test_plurals_are_recognized(one: str, many: str) -> None:
    assert plural_of(one) == many
    assert singular_of(many) == one
    assert looks_plural(many)
    assert not looks_plural(one)
