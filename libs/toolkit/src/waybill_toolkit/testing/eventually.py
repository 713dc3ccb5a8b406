"""Waits in tests for an expected state, and fails at once when it can no longer be reached.

    order = await order_reaches(client, order_id, "confirmed")
    price = await eventually("the price of A", partial(read, client, "/v1/prices/A"), is_known)

A wait ends when the state is reached, when it can no longer be reached (the order was rejected, the
service returned 500 or has ended), or at the timeout. Failures show the last observed state.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import httpx

from waybill_toolkit.testing.serving import require_running

SECONDS_MAX: Final = 30.0
"""Joining a consumer group takes seconds; after that most waits take milliseconds."""

PAUSE_SECONDS: Final = 0.01

_SHOWN_MAX: Final = 1_000
"""The number of characters of the last state in a message: enough for an order or a problem."""

Seen = TypeVar("Seen")


class NotReachedError(AssertionError):
    """The expected state was not reached; the message has the last observed state."""


def _nothing(_: object) -> bool:
    return False


async def eventually(
    what: str,
    read: Callable[[], Awaitable[Seen]],
    holds: Callable[[Seen], object],
    *,
    fails: Callable[[Seen], object] = _nothing,
    show: Callable[[Seen], object] = repr,
    within_seconds: float = SECONDS_MAX,
) -> Seen:
    """Poll with `read` until the result `holds`, and return it. Exceptions of `read` are raised.

    Raises NotReachedError when the result `fails`, when a service of this test has crashed, and
    at the timeout. `show` formats the result for the message.
    """
    seen = ["nothing"]
    try:
        async with asyncio.timeout(within_seconds):
            while True:
                require_running()
                found = await read()
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
    raise NotReachedError(f"waited for {what}, which can no longer be reached; seen: {seen[0]}")


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
"""The statuses that an order of a status can still reach."""


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
