"""Kafka clients of others read the events; address, user and topic are all that they are told.

Address, mechanism and topic are those of the AsyncAPI document that orders serves, the user and its
password those of `waybill env broker`. A client that is not installed is skipped.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.operations.workload.client import APPROVED, Line, Variant, WantedOrder
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.handle import Platform

ROOT: Final = Path(__file__).parents[2]
PROGRAMS: Final = Path(__file__).with_name("clients") / "kafka"
BUILT: Final = ROOT / "build" / "kafka-clients"
SECONDS: Final = 120
"""Only a client that does not work takes so long; the one of Java starts slowly."""
SKU: Final = "FOR-OUTSIDERS"
COUNT: Final = 3

MECHANISMS: Final = {
    "plain": "PLAIN",
    "scramSha256": "SCRAM-SHA-256",
    "scramSha512": "SCRAM-SHA-512",
}
"""The types of security schemes in AsyncAPI, and what Kafka calls them."""


class Source(NamedTuple):
    """Where to read, and as whom."""

    address: str
    topic: str
    mechanism: str
    user: str

    def arguments(self) -> list[str]:
        return [self.address, self.topic, str(COUNT), self.user, self.mechanism]


Command = Callable[[Source, str], list[str]]


def kcat(source: Source, password: str) -> list[str]:
    settings = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": source.mechanism,
        "sasl.username": source.user,
        "sasl.password": password,
    }
    options = [part for name, value in settings.items() for part in ("-X", f"{name}={value}")]
    what = ["-t", source.topic, "-o", "beginning", "-c", str(COUNT)]
    return ["kcat", "-C", "-q", "-b", source.address, *options, *what]


def confluent_kafka(source: Source, _: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / "with_confluent_kafka.py"), *source.arguments()]


def kafka_python(source: Source, _: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / "with_kafka_python.py"), *source.arguments()]


def franz_go(source: Source, _: str) -> list[str]:
    program = BUILT / "franz"
    run("go", "build", "-o", str(program), ".", folder=PROGRAMS / "franz")
    return [str(program), *source.arguments()]


def java(source: Source, _: str) -> list[str]:
    jars = BUILT / "java"
    if not jars.is_dir():
        where = f"-DoutputDirectory={jars}"
        goal = ["dependency:copy-dependencies", where, "-DincludeScope=runtime"]
        run("mvn", "-q", "-B", *goal, folder=PROGRAMS / "java")
    program = str(PROGRAMS / "java" / "Read.java")
    return ["java", "-cp", f"{jars}/*", program, *source.arguments()]


CLIENTS: Final[dict[str, tuple[Command, tuple[str, ...]]]] = {
    "kcat": (kcat, ("kcat",)),
    "confluent-kafka": (confluent_kafka, ()),
    "kafka-python": (kafka_python, ()),
    "franz-go": (franz_go, ("go",)),
    "java": (java, ("java", "mvn")),
}
"""Each client, and the programs that it needs."""


def run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, timeout=3 * SECONDS)


async def source_of(platform: Platform, user: str) -> Source:
    async with httpx.AsyncClient(base_url=platform.addresses["orders"]) as orders:
        document: dict[str, Any] = (await orders.get("/asyncapi.json")).json()
    [server] = document["servers"].values()
    [requirement] = server["security"]
    scheme = document["components"]["securitySchemes"][requirement["$ref"].rpartition("/")[2]]
    topic = document["channels"]["order_events"]["address"]
    return Source(server["host"], topic, MECHANISMS[scheme["type"]], user)


@pytest.mark.parametrize("name", CLIENTS)
async def test_client_reads_the_events_when_it_follows_the_document(
    platform: Platform, name: str
) -> None:
    command_of, needed = CLIENTS[name]
    if missing := [each for each in needed if shutil.which(each) is None]:
        pytest.skip(f"install {' and '.join(missing)} to read the events with {name}")
    shown = CliRunner().invoke(build(), ["env", "broker", "--json", "--data", str(platform.folder)])
    reader: dict[str, str] = json.loads(shown.stdout)
    password = reader["WAYBILL_KAFKA_SASL_PASSWORD"]
    source = await source_of(platform, reader["WAYBILL_KAFKA_SASL_USERNAME"])
    await place_orders(platform, name)

    command = await asyncio.to_thread(command_of, source, password)
    environment = {**os.environ, "KAFKA_PASSWORD": password}
    said = await asyncio.to_thread(
        subprocess.run, command, env=environment, stdout=subprocess.PIPE, timeout=SECONDS
    )
    assert said.returncode == 0
    values = [json.loads(line) for line in said.stdout.decode().splitlines()]
    assert len(values) == COUNT
    assert all("order_id" in value for value in values)


async def place_orders(platform: Platform, name: str) -> None:
    """Make sure that there are as many events as are read."""
    client = client_of(platform)
    try:
        await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 100})
        orders = [
            WantedOrder(f"{name}-{number}", "c", "GBP", [Line(SKU, 1)], APPROVED)
            for number in range(COUNT)
        ]
        await place_all(client, orders, Poller(client).follow, concurrency=COUNT)
    finally:
        client.close()
