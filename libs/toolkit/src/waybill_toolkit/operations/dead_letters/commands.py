"""`waybill dead-letters list|show|retry|discard`."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.command_line.output import AsJson, OutputFile, give
from waybill_toolkit.command_line.tables import print_table
from waybill_toolkit.operations.dead_letters.letters import (
    Letter,
    discard_letter,
    find_letters,
    list_letters,
    publish_again,
    retry_letter,
)
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()
letters = typer.Typer(
    help="List, retry and discard events that could not be processed.",
    no_args_is_help=True,
)
app.add_typer(letters, name="dead-letters")

EventId = Annotated[UUID, typer.Argument(help="The id of the event, as `list` shows it.")]
Service = Annotated[
    str | None,
    typer.Option(help="Only this service; required when several services have the event."),
]


@letters.command("list")
def list_(
    *,
    service: Service = None,
    as_json: AsJson = False,
    output: OutputFile = None,
    data: Data = None,
) -> None:
    """List dead letters, with the number of events that wait behind them."""
    with explained():
        platform = Platform.load(data_folder(data))
        services = platform.databases if service is None else [_known(platform, service)]
        found = asyncio.run(list_letters(platform, services))
    give([_as_json(each) for each in found], as_json=as_json, output=output)
    if found and not as_json:
        print_table(Console(), _table(found))
    elif not as_json:
        typer.echo("There are no dead letters.")


@letters.command()
def show(event_id: EventId, *, data: Data = None) -> None:
    """Show a dead letter with its payload."""
    with explained():
        platform = Platform.load(data_folder(data))
        found = asyncio.run(find_letters(platform, event_id))
        if not found:
            raise _none_such(event_id)
    for each in found:
        headers = {name: text.decode("utf-8", "replace") for name, text in _headers(each)}
        shown = _as_json(each) | {"headers": headers} | _payload(each)
        typer.echo(json.dumps(shown, indent=2))


@letters.command("retry")
def retry(event_id: EventId, *, service: Service = None, data: Data = None) -> None:
    """Retry a dead letter, for example after a fix; the events behind it follow.

    The events of a record batch that cannot be read are published again by their sender.
    """
    with explained():
        platform = Platform.load(data_folder(data))
        typer.echo(asyncio.run(_retry_one(platform, event_id, service)))


@letters.command("discard")
def discard(event_id: EventId, *, service: Service = None, data: Data = None) -> None:
    """Discard a dead letter: it is never processed. The events behind it follow."""
    _change(event_id, service, data, discard_letter)
    typer.echo(f"{event_id} is discarded. `retry` reverts this.")


def _change(
    event_id: UUID,
    service: str | None,
    data: Path | None,
    change: Callable[[Platform, str, UUID], Awaitable[bool]],
) -> None:
    with explained():
        platform = Platform.load(data_folder(data))
        asyncio.run(_change_one(platform, event_id, service, change))


async def _retry_one(platform: Platform, event_id: UUID, service: str | None) -> str:
    found = await _find_one(platform, event_id, service)
    if not found.is_batch:
        if not await retry_letter(platform, found.service, event_id):
            raise _none_such(event_id)
        return f"{event_id} will be retried within a second."
    count = await publish_again(platform, found)
    if not count:
        raise PlatformError(
            f"{event_id} is a record batch that cannot be read, and no outbox of this platform has "
            "its events: another client wrote it, or its events are older than the outbox's "
            "retention. Let its sender publish the events again, then discard it."
        )
    return f"{count} events of {event_id} will be published again within a second."


async def _change_one(
    platform: Platform,
    event_id: UUID,
    service: str | None,
    change: Callable[[Platform, str, UUID], Awaitable[bool]],
) -> None:
    found = await _find_one(platform, event_id, service)
    if not await change(platform, found.service, event_id):
        raise _none_such(event_id)


async def _find_one(platform: Platform, event_id: UUID, service: str | None) -> Letter:
    found = await find_letters(platform, event_id)
    if service is not None:
        _known(platform, service)
        found = [each for each in found if each.service == service]
    if len(found) > 1:
        having = ", ".join(each.service for each in found)
        raise PlatformError(f"Several services have the event; add --service: {having}.")
    if not found:
        raise _none_such(event_id)
    return found[0]


def _known(platform: Platform, service: str) -> str:
    if service not in platform.databases:
        raise PlatformError(
            f"Unknown service {service}; choose from {', '.join(platform.databases)}."
        )
    return service


def _none_such(event_id: UUID) -> PlatformError:
    return PlatformError(f"{event_id} is not a dead letter; see `waybill dead-letters list`.")


def _headers(each: Letter) -> list[tuple[str, bytes]]:
    return list(each.letter.record.headers)


def _payload(each: Letter) -> dict[str, object]:
    value = each.letter.record.value
    if each.is_batch:
        return {"batch_base64": b64encode(value or b"").decode()}
    return {"payload": None if value is None else value.decode("utf-8", "replace")}


def _as_json(each: Letter) -> dict[str, object]:
    letter = each.letter
    return {
        "service": each.service,
        "event_id": str(letter.event_id),
        "type": letter.type,
        "key": letter.key,
        "state": letter.state,
        "attempts": letter.attempts,
        "error": letter.error,
        "parked_at": letter.parked_at.isoformat(),
        "due_at": letter.due_at.isoformat(),
    }


def _table(found: list[Letter]) -> Table:
    table = Table("Service", "Event", "Type", "Key", "State", "Attempts", "Error")
    for each in found:
        letter = each.letter
        cells = (letter.type or "", letter.key, letter.state, str(letter.attempts))
        table.add_row(each.service, str(letter.event_id), *cells, letter.error or "")
    return table
