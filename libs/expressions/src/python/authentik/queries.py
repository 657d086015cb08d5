"""The few queries that expressions make of models."""

from questions import ask
from records import User


class Users:
    """Users with certain fields."""

    __slots__ = ("_filters",)

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return Users({**self._filters, **filters})

    def first(self):
        found = ask("user_by", {"filters": self._filters})
        return User(found) if isinstance(found, dict) else None

    def exists(self):
        return self.first() is not None


class Flows:
    """Flows with certain fields."""

    __slots__ = ("_filters",)

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return Flows({**self._filters, **filters})

    def update(self, **values):
        return ask("update_flow", {"filters": self._filters, "values": values}) or 0
