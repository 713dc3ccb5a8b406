"""One change of a contract, and the names that several changes share."""

from dataclasses import dataclass

from typing_extensions import override

from waybill_toolkit.testing.contract_edits import Edit

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
YES = True


@dataclass(frozen=True)
class Mutation:
    """An edit of a document of `contracts/`, and the gates that must stop it."""

    name: str
    document: str
    edit: Edit
    stopped_by: str
    """The names of gates."""
    service: str = ""

    @property
    def checked(self) -> str:
        """The service whose code no longer matches."""
        of = self.document.partition("/")[0]
        return self.service or ("orders" if of == "shared" else of)

    @property
    def is_of_events(self) -> bool:
        return self.document.endswith("asyncapi.yaml")

    @override
    def __str__(self) -> str:
        return self.name
