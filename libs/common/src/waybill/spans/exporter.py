"""The exporter: a thread that sends recorded spans to the receiver, many at once.

A receiver that is slow or away costs the work nothing: its spans wait in the buffer of the recorder
until that is full, and new ones are dropped and counted. One line is logged when the receiver goes
away, and one when it is back. Start the exporter after the last fork: a fork copies no threads.
"""

import logging
import random
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from waybill.spans.otlp import encode
from waybill.spans.receiver import AwayError, Destination, Receiver, RefusedError
from waybill.spans.recorder import Recorder
from waybill.spans.span import Span

_log: Final = logging.getLogger(__name__)

INTERVAL_SECONDS: Final = 1.0
BATCH_SPANS_MAX: Final = 512
"""Encoding them takes some milliseconds, for which the other threads wait."""
DELAY_FIRST_SECONDS: Final = 1.0
DELAY_MAX_SECONDS: Final = 30.0
_DOUBLINGS_MAX: Final = 5


class Exporter:
    """Sends the spans of one recorder, and counts those that were sent and those that were lost."""

    def __init__(
        self, recorder: Recorder, destination: Destination, resource: Mapping[str, str]
    ) -> None:
        """`resource` describes this process: OpenTelemetry's service.name, and so on."""
        self._recorder = recorder
        self._receiver = Receiver(destination)
        self._resource = resource
        self._stop = threading.Event()
        self._stop_by = float("inf")
        self._failures = 0
        self._is_refused = False
        self._lost_before = 0
        self.sent = 0
        self.refused = 0
        """Spans that the receiver refused, or that were given up at the stop."""
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)

    @property
    def dropped(self) -> int:
        """Spans that reach no receiver: the buffer was full, or the receiver refused them."""
        return self._recorder.dropped + self.refused

    @property
    def is_up(self) -> bool:
        """Whether the receiver has accepted the last request."""
        return not self._failures and not self._is_refused

    def start(self) -> None:
        """Send spans from now on."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Send what is left, for so long at most. Blocks."""
        self._stop_by = time.monotonic() + seconds
        self._stop.set()
        self._thread.join(seconds)
        if left := self._recorder.recorded - self.sent - self.dropped:
            _log.warning("traces: stopped before %d spans were sent", left)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_SECONDS):
            self._send_all()
        if not self._failures:  # a receiver that is away does not delay the stop
            self._send_all()
        self._receiver.close()

    def _send_all(self) -> None:
        while time.monotonic() < self._stop_by and (spans := self._recorder.take(BATCH_SPANS_MAX)):
            try:
                self._send(spans)
            except Exception:  # noqa: BLE001 (a fault of ours must end neither the thread nor the process)
                self.refused += len(spans)
                _log.exception("traces: %d spans cannot be sent", len(spans))

    def _send(self, spans: Sequence[Span]) -> None:
        body = encode(self._resource, spans)
        while True:
            try:
                rejected = self._receiver.send(body)
            except RefusedError as error:
                self.refused += len(spans)
                self._report_refusal(error)
                return
            except AwayError as error:
                self._report_away(error)
                if self._stop.wait(self._delay(error)):
                    self.refused += len(spans)
                    return
            else:
                self.refused += rejected
                self.sent += len(spans) - rejected
                self._report_back()
                return

    def _delay(self, error: AwayError) -> float:
        self._failures += 1
        if error.retry_after_seconds is not None:
            return error.retry_after_seconds
        delay: float = DELAY_FIRST_SECONDS * 2 ** min(self._failures - 1, _DOUBLINGS_MAX)
        # Replicas that lost the same receiver do not come back to it at the same moment.
        return min(delay, DELAY_MAX_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret

    def _report_away(self, error: AwayError) -> None:
        if not self._failures:
            self._lost_before = self.dropped
            _log.warning(
                "traces: receiver unavailable, spans are kept until the buffer is full: %s", error
            )

    def _report_refusal(self, error: RefusedError) -> None:
        self._failures = 0
        if not self._is_refused:
            _log.error(
                "traces: receiver refuses spans, which are dropped: %s; check "
                "OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS",
                error,
            )
        self._is_refused = True

    def _report_back(self) -> None:
        if not self.is_up:
            lost = self.dropped - self._lost_before
            _log.warning("traces: receiver available again; %d spans were dropped", lost)
        self._failures, self._is_refused = 0, False
