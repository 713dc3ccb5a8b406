"""Records the traffic that tests check: successful requests, and events.

Only a few requests or events of the same form are kept. The checks of the tests call `note_request`
and `note_event`. They record nothing unless pytest runs with `--record-traffic`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

KEPT_OF_A_FORM: Final = 3
REQUESTS: Final = "requests.jsonl"
EVENTS: Final = "events.jsonl"


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that a release accepted. `headers` has only those that its contract declares."""

    operation: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event that a release sent or received."""

    type: str
    topic: str
    key: str
    headers: dict[str, str]
    data: Any

    def bytes(self) -> bytes:
        """Return the payload as it is sent."""
        return json.dumps(self.data).encode()


@dataclass(slots=True)
class Recorder:
    """Collects traffic. The order of the traffic does not affect the recorded forms."""

    requests: dict[str, list[RecordedRequest]] = field(default_factory=dict)
    events: dict[str, list[RecordedEvent]] = field(default_factory=dict)

    def request(self, request: RecordedRequest) -> None:
        """Keep a request, unless enough of its form are kept."""
        names = sorted([*request.headers, *httpx.QueryParams(request.query)])
        body = json.loads(request.body) if request.body else None
        form = f"{request.operation} {names} {_form(body)}"
        _keep(self.requests.setdefault(form, []), request)

    def event(self, event: RecordedEvent) -> None:
        """Keep an event, unless enough of its form are kept."""
        form = f"{event.type} {sorted(event.headers)} {_form(event.data)}"
        _keep(self.events.setdefault(form, []), event)

    def write(self, folder: Path) -> None:
        """Write one JSON object per line, sorted by operation and by event type."""
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / REQUESTS, self.requests)
        _write(folder / EVENTS, self.events)


_active: list[Recorder] = []


def start() -> Recorder:
    """Start recording."""
    _active.append(Recorder())
    return _active[-1]


def stop() -> None:
    """Stop the recording that was started last."""
    _active.pop()


def note_request(operation: str, declared: Mapping[str, str], response: httpx.Response) -> None:
    """Record a request with a valid response. `declared` has the headers of its contract."""
    if _active and response.is_success:
        asked = response.request
        url = asked.url
        _active[-1].request(
            RecordedRequest(
                operation=operation,
                method=asked.method,
                path=url.raw_path.decode().partition("?")[0],
                query=url.query.decode(),
                headers=dict(declared),
                body=asked.content.decode(),
            )
        )


def note_event(event: RecordedEvent) -> None:
    """Record a valid event."""
    if _active:
        _active[-1].event(event)


def read_requests(release: Path) -> list[RecordedRequest]:
    """Read the recorded requests of a release."""
    return [RecordedRequest(**line) for line in _lines(release / REQUESTS)]


def read_events(release: Path) -> list[RecordedEvent]:
    """Read the recorded events of a release."""
    return [RecordedEvent(**line) for line in _lines(release / EVENTS)]


def _keep(kept: list[Any], one: object) -> None:
    if len(kept) < KEPT_OF_A_FORM:
        kept.append(one)


def _form(value: Any) -> object:  # noqa: ANN401 (JSON)
    """Return the structure of a value: its names and types without the values."""
    if isinstance(value, dict):
        return {name: _form(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_form(value[0])] if value else []
    return type(value).__name__


def _write(path: Path, kept: Mapping[str, list[Any]]) -> None:
    lines = [
        json.dumps(asdict(one), ensure_ascii=False) for form in sorted(kept) for one in kept[form]
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
