"""Generates the models of payloads and bodies with datamodel-code-generator, in this process.

Four modules for each service: `shared` (schemas that all contracts share, so that Money is
one class), `models` (bodies of HTTP), `sent` and `received` (payloads of events). Senders
forbid unknown fields and receivers ignore them; this is added to the schemas first. For sent
models, code has to pass each field, including optional ones (`given.py`). Personal fields are
masked (`masking.py`).
"""

import json
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.given import without_defaults
from waybill_toolkit.contracts.generate.masking import masked
from waybill_toolkit.contracts.generate.names import fault_of_pascal
from waybill_toolkit.contracts.generate.personal import personal_fields
from waybill_toolkit.contracts.generate.schemas import SHARED, module_of

Extra: TypeAlias = Literal["as the contract says", "forbid", "ignore"]

OPTIONS: Final[Mapping[str, Any]] = {
    "preset": "standard-py311-20261027",
    "input_file_type": "openapi",
    "output_model_type": "pydantic_v2.BaseModel",
    "target_pydantic_version": "2.14",
    "use_missing_sentinel": True,
    "snake_case_field": True,
    "naming_strategy": "full-path",
    "generate_schema_validators": True,
    "strict_types": ["int", "float", "bool"],
    "collapse_root_models": False,
    "use_type_alias": True,
    "allow_population_by_field_name": False,
    "disable_timestamp": True,
    "type_mappings": ["string+decimal=string"],
    "import_overrides": {
        "UUID": "waybill.scalars",
        "AwareDatetime": "waybill.scalars",
        "date": "waybill.scalars",
    },
    "strict_refs": True,
    "enable_faux_immutability": True,
    "capitalise_enum_members": True,
    "use_schema_description": True,
    "use_single_line_docstring": True,
    "formatters": [],
    "custom_file_header": "\n",
}
"""Those of the comparison with JSON Schema, and: frozen, capitals for enum members, docstrings."""

NEEDS_VALIDATOR: Final = (
    *("contains", "dependentRequired", "dependentSchemas", "else", "if", "maxProperties"),
    *("minProperties", "not", "patternProperties", "propertyNames", "then", "uniqueItems"),
)
"""Keywords that pydantic's types cannot express: each would need a slow validator of 200 lines."""

NOT_ZERO: Final = {"const": 0}
"""The only supported `not`: a nonzero integer."""

NOT_FOR_PYTHON: Final = ("description", "example", "examples")
"""Omitted in the modules; the contract has them."""


def make_models(
    module: str,
    components: Mapping[str, Node],
    extra: Extra,
    faults: Faults,
    *,
    given: Collection[str] = (),
) -> str:
    """Generate the module `module` for its part of `components`; "" when there is none.

    Constructors of the classes in `given` require each field.
    """
    own = {name: node for name, node in components.items() if module_of(node, module) == module}
    for node in own.values():
        _check(node, faults)
    personal = personal_fields(components, faults)
    faults.stop_if_any()
    if not own:
        return ""
    schemas = {name: _schema(node, module, extra) for name, node in own.items()}
    return without_defaults(masked(_run(module, schemas), personal), given)


def _check(component: Node, faults: Faults) -> None:
    if reason := fault_of_pascal(component.name):
        faults.add(component.fault(reason))
    waiting = [component]
    while waiting:
        schema = waiting.pop()
        for child in schema.children():
            if child.name == "properties":
                waiting += child.children()
            elif (
                child.name == "not"
                and schema.value.get("type") == "integer"
                and child.value == NOT_ZERO
            ):
                continue
            elif child.name in NEEDS_VALIDATOR:
                faults.add(
                    child.fault(f"no Python type can express {child.name}; say it otherwise.")
                )
            else:
                waiting.append(child)


def _schema(node: Node, module: str, extra: Extra) -> Any:  # noqa: ANN401 (JSON Schema)
    if node.reference is not None:
        target = node.step()
        file = "shared.json" if module_of(target, module) == SHARED != module else ""
        return {"$ref": f"{file}#/components/schemas/{target.name}"}
    if isinstance(node.value, list):
        return [_schema(child, module, extra) for child in node.children()]
    if not isinstance(node.value, dict):
        return node.value
    schema = {
        child.name: {field.name: _schema(field, module, extra) for field in child.children()}
        if child.name == "properties"
        else _schema(child, module, extra)
        for child in node.children()
        if child.name not in NOT_FOR_PYTHON
    }
    if schema.get("not") == NOT_ZERO:
        schema["customTypePath"] = "waybill.scalars.NonZero"
        del schema["not"]
    if "properties" in schema:
        if node.pointer[:-1] == ("components", "schemas"):
            schema["description"] = node.value.get("description", "")  # becomes the docstring
        if extra == "forbid":
            schema.setdefault("additionalProperties", False)
        elif extra == "ignore" and schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    return schema


def _run(module: str, schemas: Mapping[str, Any]) -> str:
    # Imported here: it takes a second, and an unchanged run does not need it.
    from datamodel_code_generator import generate  # noqa: PLC0415
    from datamodel_code_generator.config import GenerateConfig  # noqa: PLC0415

    document = {
        "openapi": "3.1.0",
        "info": {"title": module, "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    mapping = {} if module == SHARED else {"external_ref_mapping": {"shared.json": ".shared"}}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder).resolve() / f"{module}.json"
        source.write_text(json.dumps(document), encoding="utf-8")
        made = generate(source, config=GenerateConfig.model_validate({**OPTIONS, **mapping}))
    return str(made)
