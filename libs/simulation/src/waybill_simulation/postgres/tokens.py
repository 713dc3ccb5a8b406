"""Splits SQL into tokens."""

import re
from typing import Final, NamedTuple

from waybill_simulation.postgres.not_simulated import NotSimulatedError

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*)
    | (?P<text>[eE]?'(?:[^']|'')*')
    | (?P<quoted>"[^"]+")
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<param>\$\d+)
    | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<sign>::|<>|<=|>=|!=|\|\||!?~~?\*?|[-+*/=<>(),.;\[\]])
    """,
    re.VERBOSE,
)


_NEAR: Final = 40


class Token(NamedTuple):
    kind: str
    text: str
    at: int
    """The offset in the statement."""


def tokens(sql: str) -> list[Token]:
    """Split; tokens are in lower case, without quotation marks, white space and comments."""
    found: list[Token] = []
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None or match.lastgroup is None:
            raise NotSimulatedError(f"the character {sql[at]!r}", sql[at : at + _NEAR])
        begin, at = at, match.end()
        kind, text = match.lastgroup, match.group()
        if kind == "word":
            found.append(Token(kind, text.lower(), begin))
        elif kind == "quoted":
            found.append(Token("name", text[1:-1], begin))
        elif kind == "text":
            body = text[text.index("'") + 1 : -1].replace("''", "'")
            body = body.replace("\\n", "\n") if text[0] in "eE" else body
            found.append(Token(kind, body, begin))
        elif kind != "space":
            found.append(Token(kind, text, begin))
    return found
