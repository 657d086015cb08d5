"""The functions that every expression can call. They are the same objects in all evaluations."""

import ipaddress
import re
import unicodedata

from filters import rows_of
from host import ask
from records import Record, User
from requests import Session


_SPACES = re.compile(r"[-\s]+")
_SYMBOLS = re.compile(r"[^\w\s-]")


class Logger:
    """Discards the log messages of expressions."""

    __slots__ = ()

    def bind(self, **fields):
        return self

    def debug(self, *message, **fields):
        return None

    info = warning = error = exception = critical = debug


def regex_match(value, regex):
    return re.search(regex, value) is not None


def regex_replace(value, regex, repl):
    return re.sub(regex, repl, value)


def list_flatten(value):
    if not isinstance(value, list):
        return value
    return value[0] if value else None


def slugify(value):
    ascii_only = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode()
    return _SPACES.sub("-", _SYMBOLS.sub("", ascii_only.lower())).strip("-_")


def resolve_dns(host, ip_version=None):
    return ask("addresses", {"host": str(host), "family": ip_version or 0}) or []


def reverse_dns(ip_addr):
    return ask("host_name", {"address": str(ip_addr)}) or str(ip_addr)


def ak_user_by(**filters):
    """Returns the first user that matches, or None. Also returns None for filters that are not
    supported.
    """
    rows = ask("users_by", {"filters": filters, "most": 1})
    return User(rows[0]) if rows else None


def ak_is_group_member(user, **group_filters):
    return bool(rows_of("groups_of", group_filters, user=user, above=True))


def ak_user_has_authenticator(user, device_type=None):
    return ask("has_authenticator", {"user": user, "type": device_type}) is True


def ak_obj_attr(obj, key, fallback=None):
    """Returns an attribute of a user or group, by its key or its path with dots, else the field `fallback`, else None."""
    if not isinstance(obj, Record):
        return None
    fields = obj.__dict__
    value = _value_at(fields.get("attributes"), str(key))
    if value is None and isinstance(fallback, str) and not fallback.startswith("_"):
        return fields.get(fallback)
    return value


def _value_at(values, path):
    """Returns the value of a key with dots, or of a path through nested objects. None if there is
    no such value.
    """
    if isinstance(values, dict) and path in values:
        return values[path]
    for key in path.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values


FUNCTIONS = {
    "ak_is_group_member": ak_is_group_member,
    "ak_logger": Logger(),
    "ak_obj_attr": ak_obj_attr,
    "ak_user_by": ak_user_by,
    "ak_user_has_authenticator": ak_user_has_authenticator,
    "ip_address": ipaddress.ip_address,
    "ip_network": ipaddress.ip_network,
    "list_flatten": list_flatten,
    "regex_match": regex_match,
    "regex_replace": regex_replace,
    "requests": Session(),
    "resolve_dns": resolve_dns,
    "reverse_dns": reverse_dns,
    "slugify": slugify,
}
