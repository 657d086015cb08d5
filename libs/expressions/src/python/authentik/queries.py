"""The few queries that expressions make of models."""

from questions import PolicyException, ask
from records import Group, User, narrowed


class Users:
    """Users with certain fields."""

    __slots__ = ("_filters",)

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return Users(narrowed(self._filters, filters))

    def first(self):
        found = ask("user_by", {"filters": self._filters})
        return User(found) if isinstance(found, dict) else None

    def exists(self):
        return self.first() is not None


class Groups:
    """Groups with certain fields."""

    __slots__ = ("_filters",)

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return Groups(narrowed(self._filters, filters))

    def first(self):
        found = ask("group_by", {"filters": self._filters})
        return Group(found) if isinstance(found, dict) else None

    def exists(self):
        return self.first() is not None

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
