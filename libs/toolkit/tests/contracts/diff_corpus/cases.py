"""Cases, and the places in `tree/contracts` that they edit."""

from dataclasses import dataclass, replace
from typing import Literal

from typing_extensions import override

from waybill_toolkit.testing.contract_edits import (
    SCHEMAS,
    Edit,
    also,
)

HTTP = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
STOCK = "stock/asyncapi.yaml"
MAIL = "mail/asyncapi.yaml"
SHARED = "shared/components.yaml"
PROBLEMS = "shared/problems.yaml"
GATEWAY = "gateway/gateway.yaml"

SELL = ("paths", "/v1/sales", "post")
GET = ("paths", "/v1/sales/{sale_id}", "get")
PARAMETERS = (*GET, "parameters")
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
JSON = "application/json"
YES, NO = True, False
KEY = "../shared/components.yaml#/components/parameters/IdempotencyKey"
MESSAGES = ("components", "messages")
TOKEN = ("components", "securitySchemes", "oauth2", "flows", "clientCredentials", "tokenUrl")


@dataclass(frozen=True)
class Case:
    verdict: Literal["breaking", "safe"]
    name: str
    document: str
    edit: Edit
    hit: str = ""
    before: Edit | None = None
    """What the contract said before, where that is not in `tree/`."""

    @override
    def __str__(self) -> str:
        return f"{self.verdict}: {self.name}"


def breaking(name: str, document: str, edit: Edit, hit: str = "") -> Case:
    return Case("breaking", name, document, edit, hit)


def safe(name: str, document: str, edit: Edit) -> Case:
    return Case("safe", name, document, edit)


def of(schema: str, name: str) -> tuple[str, ...]:
    return (*SCHEMAS, schema, "properties", name)


def request(name: str) -> tuple[str, ...]:
    return of("Sell", name)


def answer(name: str) -> tuple[str, ...]:
    return of("Sale", name)


def sold(name: str) -> tuple[str, ...]:
    return of("Sold", name)


def set_aside(name: str) -> tuple[str, ...]:
    return of("SetAside", name)


def parameter(name: str, kind: dict[str, str], *, required: bool = False) -> Edit:
    return also({"name": name, "in": "query", "required": required, "schema": kind}, *PARAMETERS)


def was(edit: Edit, case: Case) -> Case:
    """Let the contract have been another one before."""
    return replace(case, before=edit)
