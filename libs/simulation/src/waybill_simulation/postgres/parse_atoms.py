"""Parses operands: constants, columns, calls, CASE and casts."""

from abc import ABC, abstractmethod
from dataclasses import replace
from decimal import Decimal
from typing import Final

from waybill_simulation.postgres.syntax import (
    Binary,
    Call,
    Case,
    Cast,
    Column,
    Exists,
    Expr,
    Literal,
    Param,
    Row,
    Select,
    Values,
)
from waybill_simulation.postgres.token_reader import TokenReader
from waybill_simulation.postgres.types import SqlType, converter, sql_type

_CONSTANTS: Final = {"null": None, "true": True, "false": False}
_TYPES_OF_WORDS: Final = (
    ("double", "precision"),
    ("character", "varying"),
    ("timestamp", "with", "time", "zone"),
    ("timestamp", "without", "time", "zone"),
    ("time", "without", "time", "zone"),
)


class AtomParser(TokenReader, ABC):
    """Parses the operands of expressions."""

    @abstractmethod
    def expr(self) -> Expr: ...

    @abstractmethod
    def select(self) -> Select: ...

    def _cast(self) -> Expr:
        expr = self._atom()
        while True:
            if self.take("::"):
                expr = _cast(expr, self.type())
            elif self.take("collate"):
                self._next()
            else:
                return expr

    def type(self) -> SqlType:
        name = self._name()
        for words in _TYPES_OF_WORDS:
            if name == words[0] and self.take(*words[1:]):
                name = " ".join(words)
        modifiers: tuple[int, ...] = ()
        if self.take("("):
            modifiers = self._list(lambda: int(self._next().text))
            self._want(")")
        is_array = self.take("[")
        if is_array:
            self._want("]")
        return sql_type(name, modifiers, is_array=is_array)

    def _atom(self) -> Expr:  # noqa: C901, PLR0911 (one branch for each kind)
        token = self._next()
        match token.kind, token.text:
            case "number", text:
                return Literal(Decimal(text) if "." in text else int(text))
            case "text", text:
                return Literal(text)
            case "param", text:
                return Param(int(text[1:]) - 1)
            case "sign", "-":
                return Binary("-", Literal(0), self._cast())
            case "sign", "(":
                return self._parenthesis()
            case "word", "null" | "true" | "false":
                return Literal(_CONSTANTS[token.text])
            case "word", "case":
                return self._case()
            case "word", "exists":
                self._want("(")
                select = self.select()
                self._want(")")
                return Exists(select)
            case "word", "array" if self._peek().text in ("(", "["):
                return self._array()
            case "word", "current_timestamp":
                return Call("now", ())
            case (("word" | "name"), name):
                return self._named(name)
            case _:
                self._at -= 1
                return self._fail()

    def _array(self) -> Expr:
        if self.take("("):
            select = self.select()
            self._want(")")
            return Values(select)
        self._want("[")
        items = () if self._peek().text == "]" else self._list(self.expr)
        self._want("]")
        return Call("array", items)

    def _parenthesis(self) -> Expr:
        if self._peek().text == "select":
            rows = Values(self.select())
            self._want(")")
            return Call("scalar", (rows,))
        items = self._list(self.expr)
        self._want(")")
        return items[0] if len(items) == 1 else Row(items)

    def _case(self) -> Expr:
        subject = None if self._peek().text == "when" else self.expr()
        whens: list[tuple[Expr, Expr]] = []
        while self.take("when"):
            condition = self.expr()
            self._want("then")
            whens.append((condition, self.expr()))
        otherwise = self.expr() if self.take("else") else Literal(None)
        self._want("end")
        return Case(subject, tuple(whens), otherwise)

    def _named(self, name: str) -> Expr:
        if self.take("."):
            return Column(name, self._name())
        if not self.take("("):
            return Column(None, name)
        arguments: tuple[Expr, ...] = ()
        if self.take("*"):
            arguments = (Literal(1),)
        elif self._peek().text != ")":
            arguments = self._list(self.expr)
        self._want(")")
        only_if: Expr | None = None
        if self.take("filter", "("):
            self._want("where")
            only_if = self.expr()
            self._want(")")
        return Call(name, arguments, only_if)


def _cast(expr: Expr, wanted: SqlType) -> Expr:
    """Cast; a constant is cast now. A parameter arrives as the type that it is cast to."""
    convert = converter(wanted)
    match expr:
        case Param():
            return expr
        case Literal(value):
            return Literal(convert(value))
        case Call("array", items) if wanted.is_array:
            return Call(
                "array", tuple(_cast(each, replace(wanted, is_array=False)) for each in items)
            )
        case _:
            return Cast(expr, wanted)
