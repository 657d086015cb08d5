"""The queries of authentik's models that expressions can make."""

from filters import narrowed, rows_of, single_record
from host import ask
from records import Group, User


class Query:
    """Finds records of one type by their fields. `_request` is the name of the request to the host."""

    __slots__ = ("_filters",)
    _request = _record = None

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return type(self)(narrowed(self._filters, filters))

    def get(self, **filters):
        return single_record(self._record, self.filter(**filters)._fetch(2))

    def first(self):
        return next(iter(self._fetch(1)), None)

    def exists(self):
        return self.first() is not None

    __bool__ = exists

    def _fetch(self, limit):
        return [self._record(row) for row in rows_of(self._request, self._filters, most=limit)]


class Users(Query):
    """Finds users by their fields."""

    __slots__ = ()
    _request, _record = "users_by", User


class Groups(Query):
    """Finds groups by their fields."""

    __slots__ = ()
    _request, _record = "groups_by", Group

    def get_or_create(self, **filters):
        return self.get(**filters), False


class Flows:
    """Finds flows by their fields, to update them. The policy service refuses that: only blueprints change flows."""

    __slots__ = ("_filters",)

    def __init__(self, filters):
        self._filters = filters

    def filter(self, **filters):
        return Flows({**self._filters, **filters})

    def update(self, **values):
        return ask("update_flow", {"filters": self._filters, "values": values}) or 0
