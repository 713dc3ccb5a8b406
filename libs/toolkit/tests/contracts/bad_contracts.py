"""Contracts with a fault, the reported line and the suggested fix."""

from dataclasses import dataclass

from typing_extensions import override

API = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
DOCUMENTS = (API, EVENTS, "shared/components.yaml", "shared/problems.yaml")


STATE = "State: {type: string, enum: [open, closed]}"
OF = "{$ref: '#/components/schemas"


@dataclass(frozen=True)
class Bad:
    """A fault, the text in the reported line, and the suggested fix.

    Without an old text, the new one is all of the file. Its surrogates stand for bytes.
    """

    name: str
    file: str
    old: str | None
    new: str
    at: str
    to_do: str

    @override
    def __str__(self) -> str:
        return self.name


BAD = [
    Bad("no YAML", API, "paths:", "paths: {", "post:", "put it right here or just above"),
    Bad("no text", API, "Something sold", "Something \ud83d", "Something", "write it as UTF-8"),
    Bad(
        "key twice",
        API,
        "      summary: Sell",
        "      summary: A\n      summary: Sell",
        "summary: Sell",
        "remove one",
    ),
    Bad(
        "broken reference",
        API,
        "schemas/Sell'",
        "schemas/Gone'",
        "Gone",
        "correct the name or add it",
    ),
    Bad(
        "reference to no file",
        API,
        "../shared/components.yaml#/components/parameters",
        "../gone.yaml#/x",
        "gone.yaml",
        "correct the path or write it",
    ),
    Bad(
        "no identifier",
        API,
        "operationId: sell",
        "operationId: sell-it",
        "sell-it",
        "write one, like place_order",
    ),
    Bad("keyword", API, "operationId: sell", "operationId: yield", "yield", "choose another name"),
    Bad(
        "two of one id",
        API,
        "operationId: get_sale",
        "operationId: sell",
        "operationId: sell",
        "rename one of them",
    ),
    Bad("no id", API, "      operationId: sell\n", "", "post:", "name it in snake_case"),
    Bad(
        "event without a key",
        EVENTS,
        "      x-key: sale_id\n",
        "",
        "sold:",
        "name the required field of the payload",
    ),
    Bad(
        "key that is no field",
        EVENTS,
        "x-key: sale_id",
        "x-key: sale",
        "x-key: sale",
        "name one, or require it",
    ),
    Bad(
        "nothing under a name",
        API,
        "      responses:\n        '201':",
        "      responses:\n      x-y:\n        '201':",
        "responses:",
        "correct it",
    ),
]


# From here on: input that other parsers read differently, endless input, and faults without a line.
MORE = [
    Bad("nothing at all", API, None, "", "", "a document is a mapping"),
    Bad("words only", API, None, "# later\n", "# later", "a document is a mapping"),
    Bad("another encoding", API, "Something sold", "Something \udcff", "Something", "as UTF-8"),
    Bad("control character", API, "Something sold", "Something \0", "Something", "remove it"),
    Bad("tab", API, "      summary: Sell", "\tsummary: Sell", "summary", "put it right here"),
    Bad("two documents", API, "components:", "---\ncomponents:", "---", "put it right here"),
    Bad("too large", API, "paths:", "# " + "x" * 5_000_000 + "\npaths:", "openapi", "split it"),
    Bad("too deep", API, "paths:", f"x-y: {'[' * 100_000}\npaths:", "x-y", "make it flatter"),
    Bad("tag", API, "summary: Sell", "summary: !!python/name:os.system Sell", "!!", "without"),
    Bad("merge key", API, "paths:", "x-y: {<<: {a: 1}}\npaths:", "x-y", "write it out"),
    Bad("alias in itself", API, "paths:", "x-y: &y {z: *y}\npaths:", "x-y", "write it out"),
    Bad("number that is none", API, "paths:", "x-y: 1e999\npaths:", "x-y", "write a smaller one"),
    Bad(
        "endless number", API, "paths:", f"x-y: {'9' * 5000}\npaths:", "x-y", "write a smaller one"
    ),
    Bad(
        "billions by aliases",
        API,
        "paths:",
        "x-0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9))
        + "paths:",
        "x-0",
        "split it",
    ),
    Bad(
        "reference out of the tree",
        API,
        "../shared/components.yaml#/components/parameters",
        "../../elsewhere.yaml#/components/parameters",
        "elsewhere",
        "move what it means into it",
    ),
    Bad(
        "reference to a folder",
        API,
        "../shared/components.yaml#/components/parameters",
        "../shared#/components/parameters",
        "../shared#",
        "correct the path",
    ),
    Bad(
        "reference to no name of a file",
        API,
        "../shared/components.yaml#/components/parameters",
        f"{'x' * 5000}#/components/parameters",
        "xxx",
        "correct the path",
    ),
    Bad("reference to itself", API, STATE, f"State: {OF}/State'}}", "State:", "end it at a value"),
    Bad(
        "references in a circle",
        API,
        STATE,
        f"State: {OF}/Other'}}\n    Other: {OF}/State'}}",
        "State:",
        "end the circle at a value",
    ),
    Bad(
        "made of itself",
        API,
        STATE,
        f"State: {{anyOf: [{OF}/State'}}, {{type: string}}]}}",
        "State:",
        "end the circle at a value",
    ),
    Bad(
        "path elsewhere",
        API,
        "  /v1/sales/{sale_id}:",
        "  /v1/more: {$ref: '#/components/pathItems/More'}\n  /v1/sales/{sale_id}:",
        "/v1/more",
        "write it here",
    ),
    Bad("half a parameter", API, "{sale_id}:", "{sale_id:", "{sale_id:", "write one like /v1"),
    Bad(
        "one path twice",
        API,
        "components:\n",
        "  /v1/sales/{id}: {}\ncomponents:\n",
        "{id}",
        "put them together",
    ),
    Bad(
        "unserved method",
        API,
        "    get:\n",
        "    head: {}\n    get:\n",
        "head",
        "use one of",
    ),
    Bad("default of another type", API, "default: 50", "default: many", "many", "correct it"),
    Bad(
        "two events of one type",
        EVENTS,
        "name: shop.refunded.v1",
        "name: shop.sold.v1",
        "messages/refunded",
        "rename one of them",
    ),
    Bad("key without a name", EVENTS, "x-key: sale_id", "x-key:", "x-key", "correct it"),
]
