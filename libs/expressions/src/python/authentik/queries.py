"""The few queries that expressions make of models."""

from questions import ask
from records import Group, User, narrowed, only


class Query:
    """Those of a kind that have certain fields: how they are asked for, and what they are made."""

    __slots__ = ("_filters",)
    _question = _record = None

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return type(self)(narrowed(self._filters, filters))

    def get(self, **filters):
        return only(self._record, self.filter(**filters)._found(2))

    def first(self):
        return next(iter(self._found(1)), None)

    def exists(self):
        return self.first() is not None

    def _found(self, most):
        found = ask(self._question, {"filters": self._filters, "most": most}) or []
        return [self._record(one) for one in found]


class Users(Query):
    """Users with certain fields."""

    __slots__ = ()
    _question, _record = "users_by", User


class Groups(Query):
    """Groups with certain fields."""

    __slots__ = ()
    _question, _record = "groups_by", Group

    def get_or_create(self, **filters):
        return self.get(**filters), False


class Flows:
    """Flows with certain fields."""

    __slots__ = ("_filters",)

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return Flows({**self._filters, **filters})

    def update(self, **values):
        return ask("update_flow", {"filters": self._filters, "values": values}) or 0
