"""A schema in both states, while both are traversed."""

from dataclasses import dataclass, replace

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.keywords import Effect, Schema
from waybill_toolkit.contracts.diff.use import Use
from waybill_toolkit.contracts.generate.documents import Node


@dataclass(frozen=True, slots=True)
class Pair:
    """One schema in both states; `label` names it in messages."""

    before: Node
    after: Node
    use: Use
    label: str

    @property
    def old(self) -> Schema:
        """The old schema. A schema that is only `true` or `false` has no keywords."""
        return _keywords(self.before)

    @property
    def new(self) -> Schema:
        """The new schema."""
        return _keywords(self.after)

    def moved(self, before: Node, after: Node, suffix: str = "") -> "Pair":
        """Continue with other nodes."""
        return replace(self, before=before, after=after, label=self.label + suffix)

    def down(self, keyword: str, suffix: str = "") -> "Pair":
        """Continue with a child that both schemas have."""
        return self.moved(self.before.child(keyword), self.after.child(keyword), suffix)

    def named(self, component: str) -> "Pair":
        """Use the name of a component as the label from here on."""
        return replace(self, label=component)

    def judge_all(self, message: str) -> Change:
        """Return a change that may accept both less and more, as the values cannot be compared."""
        return self.judge(Effect("not-understood", "", message, narrowed=True, widened=True))

    def judge(self, effect: Effect) -> Change:
        """Return the change for an effect under this use, at the line of its keyword."""
        breaking = self.use.breaks(narrowed=effect.narrowed, widened=effect.widened)
        message = f"{self.label}{effect.message}."
        if effect.keyword in self.new:
            return now(effect.rule, self.after.child(effect.keyword), message, breaking=breaking)
        if effect.keyword in self.old:
            return gone(effect.rule, self.before.child(effect.keyword), message, breaking=breaking)
        return now(effect.rule, self.after, message, breaking=breaking)


def _keywords(schema: Node) -> Schema:
    return schema.value if isinstance(schema.value, dict) else {}
