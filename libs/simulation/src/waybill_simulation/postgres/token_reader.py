"""Reads a statement token by token."""

from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.tokens import Token, tokens

Item = TypeVar("Item")

_NEAR: Final = 40
_END: Final = Token("end", "", -1)


class TokenReader:
    """The tokens of a statement, and the methods that all parsers share."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = tokens(sql)
        self._at = 0

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else _END

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def at_end(self) -> bool:
        return self._peek() is _END

    def finished(self) -> None:
        if not self.at_end():
            self._fail()

    def _fail(self) -> NoReturn:
        if self.at_end():
            raise NotSimulatedError("the end of the statement where something has to follow")
        rest = " ".join(self._sql[self._peek().at :].split())[:_NEAR]
        raise NotSimulatedError(f"what begins with `{rest}`", self._sql[self._peek().at :])

    def take(self, *words: str) -> bool:
        """Read these tokens if they come next."""
        for ahead, word in enumerate(words):
            token = self._peek(ahead)
            if token.text != word or token.kind not in ("word", "sign"):
                return False
        self._at += len(words)
        return True

    def _want(self, *words: str) -> None:
        if not self.take(*words):
            self._fail()

    def _name(self) -> str:
        token = self._next()
        if token.kind not in ("word", "name"):
            self._at -= 1
            self._fail()
        return token.text

    def _list(self, read: Callable[[], Item]) -> tuple[Item, ...]:
        items = [read()]
        while self.take(","):
            items.append(read())
        return tuple(items)

    def _names(self) -> tuple[str, ...]:
        self._want("(")
        names = self._list(self._name)
        self._want(")")
        return names

    def _table_name(self) -> str:
        name = self._name()
        return f"{name}.{self._name()}" if self.take(".") else name
