"""Bundles a contract and the components that it references into one document.

A reference `FILE#/components/KIND/NAME` becomes `#/components/KIND/NAME`, and the component is
copied together with its own references. A channel of another service's AsyncAPI document becomes
a channel of this one, named `<service>_<channel>`, with the messages that are used here. A schema
without an `example` gets its first valid one of `examples/<Schema>/`.

Paths, fields and the like keep their order; components are sorted.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.documents import Node, Pointer
from waybill_toolkit.contracts.generate.faults import ContractError, Faults

Component: TypeAlias = tuple[str, str]
"""Kind and name: ("schemas", "Money"). Another service's channel has the kind "channels"."""


ALLOWED_SIBLINGS: Final = ("$ref", "description", "summary")
"""The keywords that are allowed next to a `$ref`; the bundle omits texts."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A self-contained document, with the source of each component."""

    root: Node
    content: dict[str, Any]
    origins: dict[Component, Node]

    def where(self, pointer: Pointer) -> Node:
        """Find the source of a node in the bundle, or of its nearest known ancestor."""
        match pointer:
            case ("components", kind, name, *below) if (kind, name) in self.origins:
                return self.origins[kind, name].nearest(below)
            case ("channels", name, *below) if ("channels", name) in self.origins:
                return self.origins["channels", name].nearest(below)
            case _:
                return self.root.nearest(pointer)

    def text(self) -> str:
        """Serialize the document as JSON; equal contracts give equal bytes."""
        return json_text(self.content)


def json_text(document: dict[str, Any]) -> str:
    """Serialize a document as JSON; equal documents give equal bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def bundle(root: Node, faults: Faults) -> Bundle:
    """Bundle the document at `root`; broken references are added to `faults`."""
    return _Bundler(root, faults).run()


@dataclass(slots=True)
class _Bundler:
    root: Node
    faults: Faults
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    origins: dict[Component, Node] = field(default_factory=dict)

    def run(self) -> Bundle:
        content = {
            key.name: self.copy(key) for key in self.root.children() if key.name != "components"
        }
        own = self.root.get("components")
        for kind in own.children() if own else ():
            for component in kind.children():
                self.take(kind.name, component)
        if self.channels:
            own_channels = content.get("channels")
            content["channels"] = {
                **(own_channels if isinstance(own_channels, dict) else {}),
                **dict(sorted(self.channels.items())),
            }
        content["components"] = {
            kind: dict(sorted(named.items())) for kind, named in sorted(self.components.items())
        }
        return Bundle(self.root, content, dict(sorted(self.origins.items())))

    def copy(self, node: Node) -> Any:  # noqa: ANN401 (JSON)
        if node.reference is not None:
            for sibling in node.children():
                if sibling.name not in ALLOWED_SIBLINGS:
                    message = (
                        f"{sibling.name} next to $ref is not supported; put both into an allOf."
                    )
                    self.faults.add(sibling.fault(message, "reference"))
            return {"$ref": self.refer(node)}
        if isinstance(node.value, dict):
            return {child.name: self.copy(child) for child in node.children()}
        if isinstance(node.value, list):
            return [self.copy(child) for child in node.children()]
        return node.value

    def refer(self, node: Node) -> str:
        """Add the target of `node` to the bundle; return its reference."""
        try:
            target = node.step()
        except ContractError as error:
            self.faults.add_all(error)
            return node.reference or ""
        match target.pointer:
            case ("components", kind, _):
                return self.take(kind, target)
            case ("channels", channel, *below) if below in ([], ["messages", *below[1:]]):
                return self.take_channel(channel, below, target)
            case _:
                self.faults.add(
                    node.fault(
                        f"$ref {node.reference} cannot be bundled; refer to #/components/KIND/NAME,"
                        " or to a channel or its messages."
                    )
                )
                return node.reference or ""

    def take(self, kind: str, component: Node) -> str:
        name = component.name
        component = _beyond_itself(component)
        origin = self.origins.get((kind, name))
        if origin is None:
            self.origins[kind, name] = component
            named = self.components.setdefault(kind, {})
            named[name] = None  # a placeholder for recursive references
            copied = self.copy(component)
            if kind == "schemas" and isinstance(copied, dict) and "example" not in copied:
                copied |= _example(component)
            named[name] = copied
        elif origin.place != component.place and origin.target().place != component.target().place:
            self.faults.add(
                component.fault(
                    f"there is another {name} in {kind}, at {origin.document.path}:"
                    f"{origin.document.lines[origin.pointer]}; rename one of them."
                )
            )
        return f"#/components/{kind}/{name}"

    def take_channel(self, name: str, below: list[str], target: Node) -> str:
        document = target.document
        if document.path == self.root.document.path:
            return "/".join(["#", "channels", name, *below])
        there = Node(target.library, document, (), document.value).need("channels").need(name)
        here = f"{document.path.parent.name}_{name}"
        channel = self.channels.get(here)
        if channel is None:
            channel = {
                child.name: self.copy(child)
                for child in there.children()
                if child.name != "messages"
            }
            channel["messages"] = {}
            self.channels[here] = channel
            self.origins["channels", here] = there
        if below:
            channel["messages"][target.name] = self.copy(target)
        return "/".join(["#", "channels", here, *below])


def _example(schema: Node) -> dict[str, Any]:
    folder = schema.document.path.parent / "examples" / schema.name
    for path in sorted(folder.glob("valid-*.json")):
        try:
            return {"example": json.loads(path.read_bytes())}
        except ValueError:
            break  # lint reports it
    return {}


def _beyond_itself(component: Node) -> Node:
    """Follow a component that only references one of the same name in another file.

    A plain copy of it would reference itself.
    """
    seen = [component.place]
    while component.reference is not None:
        try:
            target = component.step()
        except ContractError:
            return component  # reported when it is copied
        if target.pointer != component.pointer:
            return component
        if target.place in seen:
            raise component.error("$ref is circular; end it at a value.", "reference")
        seen.append(target.place)
        component = target
    return component
