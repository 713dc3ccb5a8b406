"""Waits in tests for what must come, and fails at once when it cannot come any more.

    order = await order_reaches(client, order_id, "confirmed")
    price = await eventually("the price of A", partial(read, client, "/v1/prices/A"), is_known)

A test that waits for something has three ways to end, and each says what was seen: it is there; it
can no longer come, because the order was rejected, the service answered 500 or ended; or the time
is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import httpx

from waybill_toolkit.testing.serving import require_running

SECONDS_MAX: Final = 30.0
"""Most of it takes milliseconds once a service has joined its group, and that takes seconds."""

PAUSE_SECONDS: Final = 0.01

_SHOWN_MAX: Final = 1_000
"""Characters of what was seen last: enough for an order or a problem."""

Seen = TypeVar("Seen")


class NotReachedError(AssertionError):
    """What a test waited for did not come; says what was seen instead."""


def _nothing(_: object) -> bool:
    return False


async def eventually(
    what: str,
    look: Callable[[], Awaitable[Seen]],
    holds: Callable[[Seen], object],
    *,
    fails: Callable[[Seen], object] = _nothing,
    show: Callable[[Seen], object] = repr,
    within_seconds: float = SECONDS_MAX,
) -> Seen:
    """Look until what is seen `holds`, and return it. What `look` raises ends it at once.

    Raises NotReachedError at once when what is seen `fails`, or when a service that this test
    serves has crashed; and when the time is over. `show` says of what was seen what is worth
    reading.
    """
    seen = ["nothing"]
    try:
        async with asyncio.timeout(within_seconds):
            while True:
                require_running()
                found = await look()
                seen = [str(show(found))[:_SHOWN_MAX]]
                if holds(found):
                    return found
                if fails(found):
                    break
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        raise NotReachedError(
            f"waited {within_seconds:g} s for {what}; seen last: {seen[0]}"
        ) from None
    raise NotReachedError(f"waited for {what}, which cannot come any more; seen: {seen[0]}")


async def read(
    client: httpx.AsyncClient, path: str, params: Mapping[str, str | int] | None = None
) -> Any:  # noqa: ANN401 (any JSON)
    """Get JSON. Raises NotReachedError with status, trace id and body for any other answer."""
    try:
        answer = await client.get(path, params=params)
    except httpx.HTTPError as error:
        raise NotReachedError(f"GET {path} got no answer: {error!r}") from error
    if answer.status_code != httpx.codes.OK:
        raise NotReachedError(
            f"GET {path} answered {answer.status_code}"
            f" (trace {answer.headers.get('x-trace-id', 'unknown')}): {answer.text[:_SHOWN_MAX]}"
        )
    return answer.json()


_AFTER: Final[Mapping[str, frozenset[str]]] = {
    "placed": frozenset({"confirmed", "rejected", "cancelling", "cancelled"}),
    "confirmed": frozenset({"cancelling", "cancelled"}),
    "cancelling": frozenset({"cancelled"}),
}
"""What an order of a status can still become."""


async def order_reaches(
    client: httpx.AsyncClient,
    order_id: str,
    status: str,
    within_seconds: float = SECONDS_MAX,
) -> Any:  # noqa: ANN401 (an order)
    """Wait until an order has this status, and return it.

    Raises NotReachedError, at once when the order has a status after which this one cannot come;
    with the last entries of its history.
    """
    path = f"/v1/orders/{order_id}"
    try:
        return await eventually(
            f"order {order_id} to be {status}",
            lambda: read(client, path),
            lambda order: order["status"] == status,
            fails=lambda order: status not in _AFTER.get(order["status"], ()),
            within_seconds=within_seconds,
        )
    except NotReachedError as error:
        error.add_note(await _last_history(client, f"{path}/history"))
        raise


async def _last_history(client: httpx.AsyncClient, path: str) -> str:
    try:
        transitions = (await read(client, path))["transitions"][-5:]
    except AssertionError as error:
        return f"its history cannot be read: {error}"
    steps = (f"{each['at']} {each['state']}: {each['detail']}" for each in transitions)
    return "\n".join(("its last history entries:", *steps))
