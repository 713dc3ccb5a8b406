"""One change of a contract, and the names that several changes share."""

from dataclasses import dataclass

from typing_extensions import override

from waybill_toolkit.testing.contract_edits import Edit

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
YES = True


@dataclass(frozen=True)
class Mutation:
    """What is changed in which document of `contracts/`, and who must see it."""

    name: str
    document: str
    edit: Edit
    stopped_by: str
    """The names of gates."""
    service: str = ""

    @property
    def checked(self) -> str:
        """The service whose code no longer fits."""
        of = self.document.partition("/")[0]
        return self.service or ("orders" if of == "shared" else of)

    @property
    def is_of_events(self) -> bool:
        return self.document.endswith("asyncapi.yaml")

    @override
    def __str__(self) -> str:
        return self.name
