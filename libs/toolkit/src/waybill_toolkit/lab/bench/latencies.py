"""Latencies in HDR histograms: every value is recorded with three digits.

https://hdrhistogram.org: a p99 from buckets or samples hides the slowest requests.
"""

from typing import Final

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0}

_LOWEST_US: Final = 1
_HIGHEST_US: Final = 3_600_000_000  # an hour, above the timeout of an order
_DIGITS: Final = 3


class Latencies:
    """Records durations in seconds, returns milliseconds."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(_LOWEST_US, _HIGHEST_US, _DIGITS)

    def record(self, seconds: float) -> None:
        """Record one duration; a value above the limit counts as the limit."""
        microseconds = min(max(round(seconds * 1e6), _LOWEST_US), _HIGHEST_US)
        self._histogram.record_value(microseconds)

    @property
    def count(self) -> int:
        return int(self._histogram.get_total_count())

    def ms(self, percentile: float) -> float | None:
        """Return a percentile; None without values."""
        if not self.count:
            return None
        return float(self._histogram.get_value_at_percentile(percentile)) / 1000

    def figures(self, name: str) -> dict[str, float | None]:
        """Return the usual percentiles and the maximum: accept_ms_p50 ... accept_ms_max."""
        ranks = {**PERCENTILES, "max": 100.0}
        return {f"{name}_ms_{rank}": self.ms(percentile) for rank, percentile in ranks.items()}
