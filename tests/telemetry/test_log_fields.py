"""docs/telemetry.md lists every field of a log line, and no other.

tests/dashboards reads the lines of a running platform.
"""

import pytest
from tests.telemetry.log_fields import TYPES, documented, faults, fields_of, in_code, of_every_line


def test_the_page_lists_every_field_and_no_other() -> None:
    assert {*documented()} == {*of_every_line(), *in_code()}
    assert {*documented().values()} == {*TYPES}


def test_a_field_that_the_page_lacks_is_found() -> None:
    source = 'fields = {"colour": "red"}\n_log.info("painted", extra=fields)\n'
    assert list(fields_of(source)) == ["colour"]
    assert list(fields_of('with logs.bound(order_id="1"):\n    pass\n')) == ["order_id"]


def test_fields_that_cannot_be_read_are_found() -> None:
    with pytest.raises(LookupError, match="paint:1: write the fields as a dict"):
        list(fields_of('_log.info("painted", extra=fields_of_paint())\n', "paint"))


def test_a_line_with_another_field_or_type_is_found() -> None:
    line = '{"status": "captured", "colour": "red", "level": "INFO"}'
    assert list(faults(line, documented())) == [
        "status is no whole number: 'captured'",
        "colour is not listed",
    ]
