"""`waybill events`."""

import asyncio
import json
import logging
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

import typer

from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.operations.events.published import Published
from waybill_toolkit.operations.events.reading import follow, read
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()

_PAYLOAD_WIDTH: Final = 100
"""Characters, where there is no terminal that says how wide a line is."""


@app.command()
def events(
    *,
    following: Annotated[
        bool, typer.Option("--follow", "-f", help="Print what comes from now on, until Ctrl-C.")
    ] = False,
    order: Annotated[
        UUID | None, typer.Option(help="Only what concerns the order with this id.")
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="Only what this actor caused, such as user:… or system.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with the whole payload.")
    ] = False,
    data: Data = None,
) -> None:
    """Print the published events: time, topic, type, key, actor, payload."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # errors are reported below

    def is_wanted(event: Published) -> bool:
        is_of_order = order is None or event.concerns(order)
        return is_of_order and actor in (None, event.actor)

    def show(event: Published) -> None:
        line = json.dumps(event.to_json()) if as_json else event.to_line(_payload_width(event))
        typer.echo(line)

    with explained(), suppress(KeyboardInterrupt):
        platform = Platform.load(data_folder(data))
        servers, security = platform.bootstrap_servers, platform.broker_security()
        if following:
            asyncio.run(_follow(servers, security, topic, is_wanted, show))
            return
        for event in asyncio.run(read(servers, topic, is_wanted, security)):
            show(event)


async def _follow(
    servers: str,
    security: KafkaSecurity,
    topic: str | None,
    is_wanted: Callable[[Published], bool],
    show: Callable[[Published], None],
) -> None:
    def say(count: int) -> None:
        typer.echo(f"Following {count} topics until Ctrl-C.", err=True)

    async for event in follow(servers, topic, is_wanted, say, security):
        show(event)


def _payload_width(event: Published) -> int:
    """Let a line fill a terminal to its end, and the payload have at least half a line."""
    if not sys.stdout.isatty():
        return _PAYLOAD_WIDTH
    columns = shutil.get_terminal_size().columns
    return max(columns - len(event.to_line(0)) - 1, columns // 2)
