"""The objects that expressions read: users, groups, requests and plans. They belong to one evaluation."""

from datetime import datetime
from urllib.parse import urljoin

from filters import narrowed, rows_of, single_record
from host import ask
from requests import Headers


class Record:
    """A JSON object whose fields are attributes."""

    def __init__(self, values):
        self.__dict__.update(values)

    def _as_json(self):
        return self.__dict__

    def __eq__(self, other):
        return isinstance(other, Record) and self._as_json() == other._as_json()

    __hash__ = object.__hash__

    def __str__(self):
        return str(self.__dict__.get("name", ""))


class Row(Record):
    """A record of the directory. Two of one type are equal if they have the same pk, as in Django."""

    def __eq__(self, other):
        return self is other or (type(self) is type(other) and self.pk is not None and self.pk == other.pk)

    def __hash__(self):
        return hash(self.pk)


class Group(Row):
    """A group. In a plan's context it is stored as its pk."""

    class DoesNotExist(Exception):
        """No group matches."""

    class MultipleObjectsReturned(Exception):
        """More than one group matches."""

    def _as_json(self):
        return self.pk


class Memberships:
    """The groups of a user. With `above`, also the ancestors of these groups."""

    __slots__ = ("_user", "_above", "_filters")

    def __init__(self, user, above=False, filters=None):
        self._user = user
        self._above = above
        self._filters = filters or {}

    def all(self):
        return self

    def filter(self, **filters):
        return Memberships(self._user, self._above, narrowed(self._filters, filters))

    def get(self, **filters):
        return single_record(Group, list(self.filter(**filters)))

    def exists(self):
        return self.first() is not None

    __bool__ = exists

    def first(self):
        return next(iter(self), None)

    def __iter__(self):
        return iter([Group(row) for row in rows_of("groups_of", self._filters, user=self._user, above=self._above)])


def datetime_field(name):
    """Returns a property that parses an ISO 8601 field."""

    def read(record):
        text = record.__dict__.get(name)
        return text and datetime.fromisoformat(text)

    return property(read)


# Attributes of a user who is not saved yet.
_UNSAVED = {"pk": None, "uuid": None, "name": "", "is_active": True, "is_superuser": False}


class User(Row):
    """A user with an account, or a user who is being enrolled."""

    class DoesNotExist(Exception):
        """No user matches."""

    class MultipleObjectsReturned(Exception):
        """More than one user matches."""

    is_authenticated = True
    is_anonymous = False
    date_joined = datetime_field("date_joined")
    last_login = datetime_field("last_login")
    password_change_date = datetime_field("password_change_date")

    def __init__(self, values):
        super().__init__(values)
        self.__dict__.setdefault("attributes", {})
        self._values = values

    def _as_json(self):
        fields = {name: value for name, value in self.__dict__.items() if name != "_values"}
        if "attributes" not in self._values and not fields["attributes"]:
            del fields["attributes"]
        return fields

    def has_usable_password(self):
        return self._values.get("password_usable", False) is True

    def group_attributes(self, request=None):
        return ask("group_attributes", {"user": self}) or {}

    @property
    def id(self):
        return self.pk

    @property
    def ak_groups(self):
        return Memberships(self)

    groups = ak_groups

    def all_groups(self):
        return Memberships(self, above=True)

    def __getattr__(self, name):
        if self.__dict__.get("kind") == "saved" or name not in _UNSAVED:
            raise AttributeError(f"the user has no attribute {name}", name=name, obj=self)
        return _UNSAVED[name]

    def __str__(self):
        return self.username


class Anonymous(Record):
    """An anonymous visitor."""

    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_superuser = False
    username = ""
    pk = id = None

    def __init__(self):
        super().__init__({"attributes": {}})

    def _as_json(self):
        return None

    @property
    def groups(self):
        return Memberships(self)

    def group_attributes(self, request=None):
        return {}

    def __str__(self):
        return "AnonymousUser"


class FlowPlan:
    """The plan of the running flow. Changes to its context are saved."""

    __slots__ = ("slug", "flow_pk", "context", "_redirect")

    def __init__(self, values, context):
        self.slug = values.get("slug", "")
        self.flow_pk = values.get("flow_pk")
        self.context = context
        self._redirect = []

    def redirect(self, destination):
        # Changes the list in place and sets no attribute of `self`: an expression could call this function with any
        # other object as `self`.
        self._redirect[:] = [str(destination)]

    def destination(self):
        return self._redirect[0] if self._redirect else None


_OBJECTS = ("application", "source", "invitation", "brand")


def user_of(value):
    """Returns the user of a JSON object, or an anonymous user for null."""
    return User(value) if isinstance(value, dict) else Anonymous()


def context_of(values):
    """Converts the user and the objects of a context to records."""
    for key in _OBJECTS:
        if isinstance(values.get(key), dict):
            values[key] = Record(values[key])
    if isinstance(values.get("outpost"), dict):
        values["outpost"] = {"instance": Record(values["outpost"]["instance"])}
    for key in ("pending_user", "user_switch_from_user"):
        if isinstance(values.get(key), dict):
            values[key] = User(values[key])
    return values


_TENANT = {
    "avatars": "gravatar,initials",
    "default_user_change_name": True,
    "default_user_change_email": False,
    "default_user_change_username": False,
}


class HttpRequest(Record):
    """The HTTP request. Its `tenant` has the settings that expressions of authentik read."""

    def build_absolute_uri(self, location=None):
        """Returns the URL of the location, or of the request, at the public address of the site."""
        return urljoin(f"{self.scheme}://{self.headers['Host']}{self.path}", location or "")

    def __getattr__(self, name):
        value = self._default(name)
        self.__dict__[name] = value
        return value

    def _default(self, name):
        if name in _EMPTY_DICTS:
            return {}
        if name == "tenant":
            return Record(_TENANT)
        raise AttributeError(f"the request has no attribute {name}", name=name, obj=self)


_EMPTY_DICTS = frozenset(("GET", "POST", "COOKIES", "META", "session", "headers"))


def http_request_of(values, user):
    """Returns the HTTP request of a JSON object. Its user is the visitor, if the object names one, else `user`."""
    if "visitor" in values:
        user = user_of(values["visitor"])
    request = HttpRequest({"method": "GET", "path": "/", **values, "user": user})
    fields = request.__dict__
    if "headers" in fields:
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in fields["headers"].items()}
        fields["META"] = {**headers, **fields.get("META", {})}
        fields["headers"] = Headers({name.lower(): value for name, value in fields["headers"].items()})
    if "tenant" in fields:
        fields["tenant"] = Record({**_TENANT, **fields["tenant"]})
    fields["brand"] = Record(fields.get("brand", {}))
    return request


class Request(Record):
    """The request that a policy decides on. Its `http_request` is created when it is first read."""

    def __init__(self, values, http):
        super().__init__(values)
        self.__dict__.pop("http_request", None)
        self.__dict__["_http"] = http

    def _as_json(self):
        fields = {name: value for name, value in self.__dict__.items() if name != "_http"}
        return {**fields, "http_request": self.http_request}

    def __getattr__(self, name):
        if name != "http_request":
            raise AttributeError(f"the request has no attribute {name}", name=name, obj=self)
        http = self.__dict__["_http"]
        request = http_request_of(http, self.user) if http is not None else None
        self.__dict__["http_request"] = request
        return request
