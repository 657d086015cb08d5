"""What expressions look at: users, requests, plans. All of it belongs to one evaluation."""

from datetime import datetime

from questions import ask


class Record:
    """A JSON object whose fields are read as attributes."""

    def __init__(self, values):
        self.__dict__.update(values)

    def as_json(self):
        return self.__dict__

    def __eq__(self, other):
        return isinstance(other, Record) and self.as_json() == other.as_json()

    __hash__ = object.__hash__

    def __str__(self):
        return str(self.__dict__.get("name", ""))


class Group(Record):
    """A group. A plan keeps its number alone."""

    class DoesNotExist(Exception):
        """No group fits."""

    class MultipleObjectsReturned(Exception):
        """More groups than one fit."""

    def as_json(self):
        return self.pk


# What nothing fits: it is no field.
_NOTHING = {"nothing": True}


def narrowed(filters, more):
    """All of these filters. Nothing fits two values of one field."""
    differ = any(filters.get(name, value) != value for name, value in more.items())
    return {**filters, **more, **(_NOTHING if differ else {})}


def only(kind, found):
    """The one of this kind that was found. None, or several, are an error."""
    if not found:
        raise kind.DoesNotExist(f"There is no such {kind.__name__.lower()}.")
    if len(found) > 1:
        raise kind.MultipleObjectsReturned(f"There is more than one such {kind.__name__.lower()}.")
    return found[0]


class Memberships:
    """The groups of a user: their own, or, where `above`, those above these too."""

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
        return only(Group, list(self.filter(**filters)))

    def exists(self):
        return self.first() is not None

    def first(self):
        return next(iter(self), None)

    def __iter__(self):
        asked = {"user": self._user, "above": self._above, "filters": self._filters}
        return iter([Group(group) for group in ask("groups_of", asked) or []])


def moment(name):
    """A field that is a time, and text in JSON."""

    def read(record):
        text = record.__dict__.get(name)
        return text and datetime.fromisoformat(text)

    return property(read)


# What is true of a user who has not been saved.
_UNSAVED = {"pk": None, "uuid": None, "name": "", "is_active": True, "is_superuser": False}


class User(Record):
    """Somebody with an account, or somebody who is about to have one."""

    class DoesNotExist(Exception):
        """No user fits."""

    class MultipleObjectsReturned(Exception):
        """More users than one fit."""

    is_authenticated = True
    is_anonymous = False
    date_joined = moment("date_joined")
    last_login = moment("last_login")
    password_change_date = moment("password_change_date")

    def __init__(self, values):
        super().__init__(values)
        self.__dict__.setdefault("attributes", {})
        self._given = values

    def as_json(self):
        fields = {name: value for name, value in self.__dict__.items() if name != "_given"}
        if "attributes" not in self._given and not fields["attributes"]:
            del fields["attributes"]
        return fields

    def has_usable_password(self):
        return self._given.get("password_usable", False) is True

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
            raise AttributeError(f"the user has no {name}", name=name, obj=self)
        return _UNSAVED[name]

    def __str__(self):
        return self.username


class Anonymous(Record):
    """A stranger."""

    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_superuser = False
    username = ""
    pk = id = None

    def __init__(self):
        super().__init__({"attributes": {}})

    def as_json(self):
        return None

    def group_attributes(self, request=None):
        return {}

    def __str__(self):
        return "AnonymousUser"


class FlowPlan:
    """The plan of the flow that is running. Changes of its context are kept."""

    __slots__ = ("slug", "flow_pk", "context", "_redirect")

    def __init__(self, values, context):
        self.slug = values.get("slug", "")
        self.flow_pk = values.get("flow_pk")
        self.context = context
        self._redirect = None

    def redirect(self, destination):
        self._redirect = str(destination)

    def destination(self):
        return self._redirect


_OBJECTS = ("application", "source", "invitation", "brand")


def user_of(value):
    """The user that a JSON object tells of; nobody is a stranger."""
    return User(value) if isinstance(value, dict) else Anonymous()


def context_of(values):
    """A context, with its users and objects to be read as expressions read them."""
    for key in _OBJECTS:
        if isinstance(values.get(key), dict):
            values[key] = Record(values[key])
    if isinstance(values.get("pending_user"), dict):
        values["pending_user"] = User(values["pending_user"])
    return values


_TENANT = {
    "avatars": "gravatar,initials",
    "default_user_change_name": True,
    "default_user_change_email": False,
    "default_user_change_username": False,
}


class HttpRequest(Record):
    """The HTTP request, with the settings of the installation that expressions read through it."""

    def __getattr__(self, name):
        made = self._made(name)
        self.__dict__[name] = made
        return made

    def _made(self, name):
        if name in _EMPTY:
            return {}
        if name == "META":
            return {f"HTTP_{header.upper().replace('-', '_')}": value for header, value in self.headers.items()}
        if name == "tenant":
            return Record(_TENANT)
        raise AttributeError(f"the request has no {name}", name=name, obj=self)


_EMPTY = frozenset(("GET", "POST", "COOKIES", "session", "headers"))


def http_request_of(values, user):
    """The HTTP request that a JSON object tells of."""
    request = HttpRequest({"method": "GET", "path": "/", **values, "user": user})
    fields = request.__dict__
    if "headers" in fields:
        fields["headers"] = {name.title(): value for name, value in fields["headers"].items()}
    if "tenant" in fields:
        fields["tenant"] = Record({**_TENANT, **fields["tenant"]})
    fields["brand"] = Record(fields.get("brand", {}))
    return request


class Request(Record):
    """What a policy is asked about. The HTTP request is made for whoever looks at it."""

    def __init__(self, values, http):
        super().__init__(values)
        self.__dict__.pop("http_request", None)
        self.__dict__["_http"] = http

    def as_json(self):
        fields = {name: value for name, value in self.__dict__.items() if name != "_http"}
        return {**fields, "http_request": self.http_request}

    def __getattr__(self, name):
        if name != "http_request":
            raise AttributeError(f"the request has no {name}", name=name, obj=self)
        http = self.__dict__["_http"]
        made = http_request_of(http, self.user) if http is not None else None
        self.__dict__["http_request"] = made
        return made
