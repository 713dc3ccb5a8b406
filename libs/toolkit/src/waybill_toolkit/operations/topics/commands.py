"""`waybill topics plan` and `apply`."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.command_line.output import AsJson, OutputFile, console_of, give
from waybill_toolkit.command_line.tables import print_table
from waybill_toolkit.operations.topics.cluster import Cluster, opened
from waybill_toolkit.operations.topics.planning import Allowances, Change, plan_acls, plan_topics
from waybill_toolkit.operations.topics.wanted import Documents, wanted_acls, wanted_topics
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder
from waybill_toolkit.platform.running_broker import settings_in_environment
from waybill_toolkit.platform.source_tree import tree_root

app = typer.Typer()
topics = typer.Typer(
    help="Compare the topics of the contracts with a Kafka cluster, and create them. The cluster "
    "is that of WAYBILL_KAFKA_..., or that of the running platform.",
    no_args_is_help=True,
)
app.add_typer(topics, name="topics")

DIFFERENT = 2
"""The exit status of `plan` when something is to be done."""
VISIBLE_SECONDS = 30.0
_POLL_SECONDS = 0.1
_SERVERS = "WAYBILL_KAFKA_BOOTSTRAP_SERVERS"

AddPartitions = Annotated[
    bool, typer.Option("--add-partitions", help="Also where it moves keys to other partitions.")
]
ShortenRetention = Annotated[
    bool, typer.Option("--shorten-retention", help="Also where it deletes records.")
]
Acls = Annotated[bool, typer.Option("--acls", help="Also the permissions of the services' users.")]
Users = Annotated[
    list[str] | None,
    typer.Option(
        "--user",
        metavar="SERVICE=NAME",
        help="The name of a service's user on the brokers. Default: that of the service.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Options:
    allowances: Allowances
    acls: bool
    users: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""


@topics.command()
def plan(
    *,
    add_partitions: AddPartitions = False,
    shorten_retention: ShortenRetention = False,
    acls: Acls = False,
    users: Users = None,
    data: Data = None,
    as_json: AsJson = False,
    output: OutputFile = None,
) -> None:
    """Show what `apply` would do. The exit status is 2 when there is something."""
    options = _options(add_partitions, shorten_retention, acls, users)
    with explained():
        changes = asyncio.run(_plan(data_folder(data), options))
    _show(changes, as_json=as_json, output=output)
    raise typer.Exit(DIFFERENT if changes else 0)


@topics.command()
def apply(
    *,
    add_partitions: AddPartitions = False,
    shorten_retention: ShortenRetention = False,
    acls: Acls = False,
    users: Users = None,
    data: Data = None,
    as_json: AsJson = False,
    output: OutputFile = None,
) -> None:
    """Create topics and lengthen their retention. The exit status is 2 when something is refused.

    Topics and permissions that no contract has are left alone.
    """
    options = _options(add_partitions, shorten_retention, acls, users)
    with explained():
        changes = asyncio.run(_apply(data_folder(data), options))
    _show(changes, as_json=as_json, output=output)
    raise typer.Exit(DIFFERENT if any(each.refusal for each in changes) else 0)


def _options(
    add_partitions: bool,  # noqa: FBT001 - as the commands have them
    shorten_retention: bool,  # noqa: FBT001 - as the command
    acls: bool,  # noqa: FBT001 - as the command
    users: list[str] | None,
) -> _Options:
    named = dict(_pair(each) for each in users or ())
    return _Options(Allowances(add_partitions, shorten_retention), acls, named)


def _pair(text: str) -> tuple[str, str]:
    service, equals, name = text.partition("=")
    if not (service and equals and name):
        raise typer.BadParameter(f"--user {text}: write SERVICE=NAME, such as orders=shop-orders")
    return service, name


async def _plan(data: Path, options: _Options) -> list[Change]:
    servers, security = _connection(data)
    async with opened(servers, security) as cluster:
        return await _changes(cluster, replace(options, prefix=security.prefix))


async def _apply(data: Path, options: _Options) -> list[Change]:
    servers, security = _connection(data)
    options = replace(options, prefix=security.prefix)
    async with opened(servers, security) as cluster:
        changes = await _changes(cluster, options)
        await cluster.apply(changes)
        await _until_visible(cluster, options)
        return changes


async def _until_visible(cluster: Cluster, options: _Options) -> None:
    """Return when the cluster shows what was applied: its nodes learn of it one by one."""
    async with asyncio.timeout(VISIBLE_SECONDS):
        while await _is_behind(cluster, options):  # noqa: ASYNC110 - the cluster's, not ours
            await asyncio.sleep(_POLL_SECONDS)


async def _is_behind(cluster: Cluster, options: _Options) -> bool:
    return any(each.refusal is None for each in await _changes(cluster, options))


async def _changes(cluster: Cluster, options: _Options) -> list[Change]:
    documents = _documents(tree_root())
    wanted = wanted_topics(documents, options.prefix)
    found = await cluster.topics([topic.name for topic in wanted])
    changes = list(plan_topics(wanted, found, options.allowances))
    if options.acls:
        acls = wanted_acls(documents, options.users, options.prefix)
        changes += plan_acls(acls, await cluster.acls.read())
    return changes


def _connection(data: Path) -> tuple[str, KafkaSecurity]:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # errors are reported as one sentence
    if _SERVERS in os.environ:
        settings = settings_in_environment()
        return settings.kafka_bootstrap_servers, settings.kafka_security
    platform = Platform.load(data)
    return platform.bootstrap_servers, platform.broker_security()


def _documents(root: Path) -> Documents:
    """Read the contracts of a source tree, or those of the installed services, as in the image."""
    paths = list(root.glob("services/*/src/*/contract/asyncapi.json"))
    if not paths:
        packages = {Path(folder) for folder in sys.path if folder}
        paths = [path for each in packages for path in each.glob("*/contract/asyncapi.json")]
    found = {path.parents[1].name: orjson.loads(path.read_bytes()) for path in sorted(paths)}
    documents = {name: document for name, document in found.items() if name != "gateway"}
    if not documents:
        raise PlatformError(f"There are no contracts in {root}: run this in Waybill's sources.")
    return documents


def _show(changes: list[Change], *, as_json: bool, output: Path | None) -> None:
    give([_as_json(each) for each in changes], as_json=as_json, output=output)
    console: Console = console_of(as_json=as_json)
    if not changes:
        console.print("The cluster has what the contracts ask for.")
        return
    table = Table("Change", "Name", "Detail", "Not applied, because")
    for each in changes:
        table.add_row(each.kind, each.name, each.detail, each.refusal or "")
    print_table(console, table)


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "change": change.kind,
        "name": change.name,
        "detail": change.detail,
        "refusal": change.refusal,
    }
