"""Replays the recorded traffic of a release to today's services.

Requests run through the whole HTTP side of the runtime and the generated operations up to the
handler, which is a fake, so no database is needed. Events are validated by the models of each
service that receives them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import httpx

from waybill.events import PermanentError, Received, decode_headers, decode_payload
from waybill.http import Operation, mount
from waybill.http.access import OpenAccess
from waybill.http.application import Application
from waybill.http.reply import ReplayedAnswerError, Reply
from waybill_toolkit.contracts.releases.recording import RecordedEvent, RecordedRequest

TAKEN: Final = Reply(204, ())


class _Taker:
    """Has a handler for every operation, which does nothing."""

    def __getattr__(self, _operation: str) -> Any:  # noqa: ANN401 (a handler)
        async def take(*_: object, **__: object) -> None:
            raise ReplayedAnswerError(TAKEN)

        return take


async def refused_requests(
    requests: Iterable[RecordedRequest], operations: Sequence[Operation]
) -> list[str]:
    """Return each request that is no longer accepted, with the reason."""
    app = Application("Today")
    mount(app.router, _Taker(), operations, OpenAccess())
    found: list[str] = []
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://today") as client:
        for each in requests:
            response = await client.request(
                each.method,
                each.path + (f"?{each.query}" if each.query else ""),
                headers=each.headers,
                content=each.body.encode() or None,
            )
            if response.status_code != TAKEN.status:
                found.append(f"{each.operation}, {each.method} {each.path}: {response.text}")
    return found


def refused_events(
    events: Iterable[RecordedEvent], received: Mapping[str, Sequence[Received[Any]]]
) -> list[str]:
    """Return each event that a service receives and can no longer read, with the reason.

    `received` maps a service to the events that it receives. An event that no service receives any
    more is no error: consumers skip unknown types.
    """
    return [
        f"{each.type} at {service}: {why}"
        for each in events
        for service, all_received in received.items()
        for one in all_received
        if one.message.type == each.type and (why := _refusal(each, one))
    ]


def _refusal(event: RecordedEvent, received: Received[Any]) -> str:
    message = received.message
    try:
        decode_headers((name, value.encode()) for name, value in event.headers.items())
        decode_payload(message.model, event.bytes())
    except PermanentError as error:
        return str(error)
    if event.topic != message.topic:
        return f"its topic is {message.topic} now"
    if event.key != str(event.data.get(message.key)):
        return f"its key is {message.key} now"
    return ""
