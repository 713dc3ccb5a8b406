"""Command line options that the platform's commands share."""

from pathlib import Path
from typing import Annotated

import typer

from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.source_tree import tree_root


def service_names(incomplete: str) -> list[str]:
    """Complete the name of a service: those of the current source tree."""
    apps = (tree_root() / "services").glob("*/src/*/app.py")
    return sorted(app.parent.name for app in apps if app.parent.name.startswith(incomplete))


ServiceName = Annotated[
    str, typer.Argument(metavar="SERVICE", help="Such as orders.", autocompletion=service_names)
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="WAYBILL_DATA",
        readable=False,  # unreadable files are reported with our own message
        help="Where data, logs and passwords are kept. Default: .waybill at the root of the tree.",
        show_default=False,
    ),
]

RunBroker = Annotated[
    str,
    typer.Option(
        help="embedded; kafka: Apache Kafka, which needs Java, and Maven the first time; or "
        "HOST:PORT of brokers that run, with the WAYBILL_KAFKA_... settings of this environment."
    ),
]
Broker = Annotated[
    BrokerKind,
    typer.Option(
        help="embedded, or kafka: Apache Kafka, which needs Java, and Maven the first time."
    ),
]


def data_folder(data: Path | None) -> Path:
    """Return the absolute path of the data folder; a daemon has another working directory."""
    return (data or tree_root() / ".waybill").absolute()
