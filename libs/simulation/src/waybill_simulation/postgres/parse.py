"""Reading SQL: the part of PostgreSQL's grammar that the services use, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final, NoReturn, TypeVar

from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.syntax import (
    Among,
    Binary,
    Call,
    Case,
    Cast,
    Column,
    Conflict,
    Delete,
    Exists,
    Expr,
    Insert,
    Is,
    IsDistinct,
    IsNull,
    Literal,
    Not,
    Param,
    Query,
    Row,
    Select,
    Source,
    Statement,
    Target,
    Update,
    Values,
)
from waybill_simulation.postgres.tokens import Token, tokens
from waybill_simulation.postgres.types import SqlType, converter, sql_type

Item = TypeVar("Item")

_NEAR: Final = 40
_END: Final = Token("end", "", -1)
_CONSTANTS: Final = {"null": None, "true": True, "false": False}
_COMPARISONS: Final = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_MATCHES: Final = frozenset({"~", "!~", "~*", "~~", "!~~", "~~*", "!~~*"})
_TYPES_OF_WORDS: Final = (
    ("double", "precision"),
    ("character", "varying"),
    ("timestamp", "with", "time", "zone"),
    ("timestamp", "without", "time", "zone"),
    ("time", "without", "time", "zone"),
)
_RESERVED: Final = frozenset(
    """select from where group order limit for on returning union set using with left join inner
    and or not as values then when else end do is in between distinct having offset union intersect
    except fetch window right full cross natural""".split()  # noqa: SIM905 (one reads it better)
)


def parse(sql: str) -> Statement:
    """Read one statement. Raises NotSimulatedError."""
    reader = _Reader(sql)
    statement = reader.statement()
    reader.take(";")
    reader.finished()
    return statement


def parse_expression(text: str) -> Expr:
    """Read an expression, such as a default or a CHECK constraint. Raises NotSimulatedError."""
    reader = _Reader(text)
    expr = reader.expr()
    reader.finished()
    return expr


def parse_type(text: str) -> SqlType:
    """Read the name of a type. Raises NotSimulatedError."""
    reader = _Reader(text)
    found = reader.type()
    reader.finished()
    return found


class _Reader:
    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = tokens(sql)
        self._at = 0

    # words

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
        """Read these words if they come next."""
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

    # statements

    def statement(self) -> Statement:
        ctes: list[tuple[str, Query]] = []
        if self.take("with"):
            ctes = list(self._list(self._cte))
        return Statement(tuple(ctes), self._query())

    def _cte(self) -> tuple[str, Query]:
        name = self._name()
        self._want("as", "(")
        query = self._query()
        self._want(")")
        return name, query

    def _query(self) -> Query:
        if self.take("insert", "into"):
            return self._insert()
        if self.take("update"):
            return self._update()
        if self.take("delete", "from"):
            return self._delete()
        return self._select()

    def _table_name(self) -> str:
        name = self._name()
        return f"{name}.{self._name()}" if self.take(".") else name

    def _insert(self) -> Insert:
        table = self._table_name()
        columns = self._names()
        rows = self._values() if self.take("values") else self._select()
        conflict = self._conflict() if self.take("on", "conflict") else None
        return Insert(table, columns, rows, conflict, self._returning())

    def _values(self) -> Select:
        self._want("(")
        items = self._list(self.expr)
        self._want(")")
        return Select(tuple(Target(item, str(n)) for n, item in enumerate(items)))

    def _conflict(self) -> Conflict:
        columns = self._names() if self._peek().text == "(" else ()
        self._want("do")
        if self.take("nothing"):
            return Conflict(columns, (), None)
        self._want("update", "set")
        return Conflict(columns, self._list(self._set), self._where())

    def _set(self) -> tuple[str, Expr]:
        name = self._name()
        self._want("=")
        return name, self.expr()

    def _update(self) -> Update:
        table = self._table_name()
        self._want("set")
        sets = self._list(self._set)
        sources = self._sources() if self.take("from") else ()
        return Update(table, sets, sources, self._where(), self._returning())

    def _delete(self) -> Delete:
        table = self._table_name()
        sources = self._sources() if self.take("using") else ()
        return Delete(table, sources, self._where(), self._returning())

    def _where(self) -> Expr | None:
        return self.expr() if self.take("where") else None

    def _returning(self) -> tuple[Target, ...]:
        return self._list(self._target) if self.take("returning") else ()

    def _select(self) -> Select:
        self._want("select")
        distinct = self.take("distinct")
        none = self._peek().text in ("from", "where")
        targets = () if none else self._list(self._target)
        sources = self._sources() if self.take("from") else ()
        where = self._where()
        group = self._list(self.expr) if self.take("group", "by") else ()
        order = self._list(self._ordering) if self.take("order", "by") else ()
        limit = self.expr() if self.take("limit") else None
        for_update = self.take("for", "update") or self.take("for", "no", "key", "update")
        skip = for_update and self.take("skip", "locked")
        return Select(
            targets, sources, where, group, order, limit, distinct, for_update, skip_locked=skip
        )

    def _ordering(self) -> tuple[Expr, bool]:
        expr = self.expr()
        descending = self.take("desc")
        self.take("asc")
        return expr, descending

    def _target(self) -> Target:
        if self.take("*"):
            return Target(Column(None, "*"), None)
        if self._peek(1).text == "." and self._peek(2).text == "*":
            table = self._name()
            self._want(".", "*")
            return Target(Column(table, "*"), None)
        expr = self.expr()
        if self.take("as"):
            return Target(expr, self._name())
        match expr:
            case Column(_, name) | Call(name):
                return Target(expr, name)
            case _:
                return Target(expr, "?column?")

    def _sources(self) -> tuple[Source, ...]:
        sources = [self._source()]
        while True:
            if self.take(","):
                sources.append(self._source())
            elif self.take("left", "join"):
                sources.append(self._source(left=True))
            elif self.take("join") or self.take("inner", "join"):
                sources.append(self._source())
            else:
                return tuple(sources)

    def _source(self, *, left: bool = False) -> Source:
        table: str | None = None
        arrays: tuple[Expr, ...] = ()
        ordinality = False
        if self.take("unnest", "("):
            arrays = self._list(self.expr)
            self._want(")")
            ordinality = self.take("with", "ordinality")
        else:
            table = self._table_name()
        alias, columns = self._alias(table or "unnest")
        if arrays and not columns:
            # the column of an array is named after its alias
            columns = (alias,) if len(arrays) == 1 else tuple(str(n) for n in range(len(arrays)))
        if ordinality and len(columns) == len(arrays):
            columns = (*columns, "ordinality")
        using = self._names() if self.take("using") else ()
        return Source(table, arrays, alias, columns, left=left, using=using)

    def _alias(self, table: str) -> tuple[str, tuple[str, ...]]:
        alias = table.rsplit(".", 1)[-1]
        token = self._peek()
        if self.take("as") or (token.kind == "word" and token.text not in _RESERVED):
            alias = self._name()
        return alias, self._names() if self._peek().text == "(" else ()

    # expressions, from the weakest binding to the strongest

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
            Values(self._select())
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
                    Values(self._select()) if self._peek().text == "select" else self.expr()
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
                select = self._select()
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
            select = self._select()
            self._want(")")
            return Values(select)
        self._want("[")
        items = () if self._peek().text == "]" else self._list(self.expr)
        self._want("]")
        return Call("array", items)

    def _parenthesis(self) -> Expr:
        if self._peek().text == "select":
            rows = Values(self._select())
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
    """Cast; at once what is constant. A parameter comes as what it is cast to."""
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
