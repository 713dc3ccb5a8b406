"""Cutting SQL into words."""

import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*)
    | (?P<text>[eE]?'(?:[^']|'')*')
    | (?P<quoted>"[^"]+")
    | (?P<number>\d+)
    | (?P<param>\$\d+)
    | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<sign>::|<>|<=|>=|!=|\|\||[-+*/=<>(),.;\[\]])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    kind: str
    text: str


class SqlSyntaxError(Exception):
    """The simulated PostgreSQL does not know this SQL; teach it, or write other SQL."""


def tokens(sql: str) -> list[Token]:
    """Cut; words in lower case, without quotation marks, white space and comments."""
    found: list[Token] = []
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None or match.lastgroup is None:
            raise SqlSyntaxError(f"at {sql[at : at + 40]!r} in {sql}")
        at = match.end()
        kind, text = match.lastgroup, match.group()
        if kind == "word":
            found.append(Token(kind, text.lower()))
        elif kind == "quoted":
            found.append(Token("name", text[1:-1]))
        elif kind == "text":
            body = text[text.index("'") + 1 : -1].replace("''", "'")
            body = body.replace("\\n", "\n") if text[0] in "eE" else body
            found.append(Token(kind, body))
        elif kind != "space":
            found.append(Token(kind, text))
    return found
