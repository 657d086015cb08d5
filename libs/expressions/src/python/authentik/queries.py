"""The few queries that expressions make of models."""

from questions import PolicyException, ask
from records import Group, User, narrowed


class Query:
    """Those of a kind that have certain fields: how they are asked for, and what the first one is made."""

    __slots__ = ("_filters",)
    _question = _record = None

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return type(self)(narrowed(self._filters, filters))

    def first(self):
        found = ask(self._question, {"filters": self._filters})
        return self._record(found) if isinstance(found, dict) else None

    def exists(self):
        return self.first() is not None


class Users(Query):
    """Users with certain fields."""

    __slots__ = ()
    _question, _record = "user_by", User


class Groups(Query):
    """Groups with certain fields."""

    __slots__ = ()
    _question, _record = "group_by", Group

    def get(self, **filters):
        group = self.filter(**filters).first()
        if group is None:
            raise PolicyException("There is no such group.")
        return group

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
