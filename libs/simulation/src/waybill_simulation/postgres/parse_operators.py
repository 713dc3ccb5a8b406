"""Parses expressions, from the operators of the lowest precedence to the highest."""

from typing import Final

from typing_extensions import override

from waybill_simulation.postgres.parse_atoms import AtomParser
from waybill_simulation.postgres.syntax import (
    Among,
    Binary,
    Call,
    Expr,
    Is,
    IsDistinct,
    IsNull,
    Not,
    Values,
)

_COMPARISONS: Final = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_MATCHES: Final = frozenset({"~", "!~", "~*", "~~", "!~~", "~~*", "!~~*"})


class ExpressionParser(AtomParser):
    """Parses expressions."""

    @override
    def expr(self) -> Expr:
        left = self._and()
        while self.take("or"):
            left = Binary("or", left, self._and())
        return left

    def _and(self) -> Expr:
        left = self._not()
        while self.take("and"):
            left = Binary("and", left, self._not())
        return left

    def _not(self) -> Expr:
        return Not(self._not()) if self.take("not") else self._predicate()

    def _predicate(self) -> Expr:
        left = self._comparison()
        while True:
            if self.take("is", "not", "null"):
                left = Not(IsNull(left))
            elif self.take("is", "null"):
                left = IsNull(left)
            elif self.take("not", "in"):
                left = Not(self._in(left))
            elif self.take("in"):
                left = self._in(left)
            elif self._peek().text == "is":
                left = self._is(left)
            elif self.take("between"):
                low = self._sum()
                self._want("and")
                left = Binary("and", Binary(">=", left, low), Binary("<=", left, self._sum()))
            else:
                return left

    def _is(self, left: Expr) -> Expr:
        self._want("is")
        negated = self.take("not")
        found: Expr
        if self.take("distinct", "from"):
            found = IsDistinct(left, self._sum())
        elif self._peek().text in ("true", "false"):
            found = Is(left, self._next().text == "true")
        else:
            self._fail()
        return Not(found) if negated else found

    def _in(self, left: Expr) -> Expr:
        self._want("(")
        array: Expr = (
            Values(self.select())
            if self._peek().text == "select"
            else Call("array", self._list(self.expr))
        )
        self._want(")")
        return Among("=", left, array)

    def _comparison(self) -> Expr:
        left = self._sum()
        while self._peek().text in _COMPARISONS and self._peek().kind == "sign":
            operator = self._next().text.replace("!=", "<>")
            every = self._peek().text == "all"
            if self._peek().text in ("any", "all") and self._peek(1).text == "(":
                self._at += 2
                array: Expr = (
                    Values(self.select()) if self._peek().text == "select" else self.expr()
                )
                left = Among(operator, left, array, every)
                self._want(")")
            else:
                left = Binary(operator, left, self._sum())
        return left

    def _sum(self) -> Expr:
        left = self._addition()
        while True:
            negated = self._peek().text == "not" and self._peek(1).text in ("like", "ilike")
            if negated:
                self._next()
            if self._peek().text in _MATCHES and self._peek().kind == "sign":
                left = Binary(self._next().text, left, self._addition())
            elif self.take("like"):
                left = Binary("!~~" if negated else "~~", left, self._addition())
            elif self.take("ilike"):
                left = Binary("!~~*" if negated else "~~*", left, self._addition())
            else:
                return left

    def _addition(self) -> Expr:
        left = self._product()
        while self._peek().text in ("+", "-", "||") and self._peek().kind == "sign":
            left = Binary(self._next().text, left, self._product())
        return left

    def _product(self) -> Expr:
        left = self._cast()
        while self._peek().text in ("*", "/") and self._peek().kind == "sign":
            left = Binary(self._next().text, left, self._cast())
        return left
