"""The id of a Kafka cluster is an argument of its tools, which take "-..." for an option."""

from waybill_toolkit.platform.apache_kafka.starting import new_cluster

DRAWN = 2_000
"""One id in 64 would begin with a hyphen."""


def test_no_cluster_id_looks_like_an_option() -> None:
    assert [made for made in (new_cluster() for _ in range(DRAWN)) if made.startswith("-")] == []
