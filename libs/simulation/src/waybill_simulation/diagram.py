"""Draws a history as a Mermaid sequence diagram."""

from collections.abc import Sequence
from typing import Final

from waybill_simulation.network import Message

LINES_MAX: Final = 120
"""The last lines are kept; they show the violation."""


def mermaid(messages: Sequence[Message]) -> str:
    """Draw one line for each message."""
    shown = messages[-LINES_MAX:]
    names = list(
        dict.fromkeys(name for m in shown for name in (m.sender, m.receiver) if name is not None)
    )
    short = {name: f"p{number}" for number, name in enumerate(names)}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {short[name]} as {name}" for name in names]
    if len(messages) > len(shown) and names:
        lines.append(f"    Note over p0: {len(messages) - len(shown)} earlier lines are left out")
    lines += [f"    {_line(message, names, short)}" for message in shown]
    return "\n".join(lines)


def _line(message: Message, names: Sequence[str], short: dict[str, str]) -> str:
    text = f"{message.at:.3f} s: {message.text}".replace(";", ",").replace("#", "")
    if message.sender is None or message.receiver is None:
        return f"Note over {short[names[0]]},{short[names[-1]]}: {text}"
    if message.sender == message.receiver:
        return f"Note right of {short[message.sender]}: {text}"
    return f"{short[message.sender]}->>{short[message.receiver]}: {text}"
