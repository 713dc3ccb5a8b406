"""Generated models do not show personal values."""

from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel, ValidationError

from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.masking import masked
from waybill_toolkit.contracts.generate.models import make_models

SCHEMAS: Final = """
components:
  schemas:
    Person:
      type: object
      required: [user_id, email]
      properties:
        user_id: {type: string}
        email: {type: string, maxLength: 30, x-personal: user_id}
        phone: {type: string, x-personal: user_id}
    Page:
      type: object
      required: [items]
      properties:
        items: {type: array, items: {$ref: '#/components/schemas/Person'}}
    Product:
      type: object
      required: [name]
      properties:
        name: {type: string, maxLength: 3, x-not-personal: The name of a product.}
"""


def _components(folder: Path, text: str) -> dict[str, Node]:
    file = folder / "contracts" / "shop" / "document.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    schemas = Library().open(file).need("components").need("schemas")
    return {each.name: each for each in schemas.children()}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The classes that are generated for these schemas; constructors need each field."""
    components = _components(tmp_path_factory.mktemp("masking"), SCHEMAS)
    source = make_models("models", components, "forbid", Faults(), given=["Page"])
    classes: dict[str, Any] = {}
    exec(compile(source, "models.py", "exec", dont_inherit=True), classes)  # noqa: S102 - generated
    for each in classes.values():
        if isinstance(each, type) and issubclass(each, BaseModel) and each is not BaseModel:
            each.model_rebuild(_types_namespace=classes)
    return classes


def test_personal_values_are_not_in_a_repr(models: dict[str, Any]) -> None:
    person = {"user_id": "7", "email": "ann@example.com", "phone": "+44 1"}
    page = models["Page"].model_validate({"items": [person]})
    assert repr(page) == "Page(items=[Person(user_id='7')])"
    assert page.model_dump() == {"items": [person]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Person", {"user_id": "7", "email": "ann@" + "x" * 30}),
        ("Person", {"user_id": "7", "email": "ann@example.com", "more": 1}),
        ("Page", {"items": [{"user_id": "7", "email": ["ann@example.com"]}]}),
    ],
)
def test_personal_values_are_not_in_a_validation_error(
    models: dict[str, Any], name: str, value: object
) -> None:
    with pytest.raises(ValidationError) as error:
        models[name].model_validate(value)
    assert "ann@" not in str(error.value)
    assert "email" in str(error.value) or "more" in str(error.value)


def test_other_values_are_shown(models: dict[str, Any]) -> None:
    assert repr(models["Product"](name="pen")) == "Product(name='pen')"
    with pytest.raises(ValidationError, match="input_value='pens'"):
        models["Product"](name="pens")


def test_nothing_is_rewritten_when_nothing_is_personal() -> None:
    source = "class A(BaseModel):\n    model_config = ConfigDict()\n    name: str"
    assert masked(source, {"B": ["name"]}) is source


def test_a_personal_field_of_an_unnamed_object_is_refused(tmp_path: Path) -> None:
    text = SCHEMAS.replace(
        "name: {type: string, maxLength: 3, x-not-personal: The name of a product.}",
        "by: {type: object, properties: {user_id: {type: string, x-personal: user_id}}}",
    )
    with pytest.raises(ContractError, match="needs a named schema"):
        make_models("models", _components(tmp_path, text), "forbid", Faults())
