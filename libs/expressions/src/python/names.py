"""The names that every expression finds, beside those of its evaluation."""

import ipaddress
import re
import unicodedata

from questions import PolicyException, ask
from records import Record, User

_MESSAGES = 100
_LENGTH = 1000


class Logger:
    """Takes what expressions log, and keeps nothing."""

    __slots__ = ()

    def bind(self, **fields):
        return self

    def debug(self, *message, **fields):
        return None

    info = warning = error = exception = critical = debug


class Requests:
    """Outgoing requests are off."""

    __slots__ = ()

    def get(self, *args, **kwargs):
        raise PolicyException("Outgoing requests are off.")

    post = put = patch = delete = head = options = request = get


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
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only.lower())).strip("-_")


def resolve_dns(host, ip_version=None):
    return []


def reverse_dns(ip_addr):
    return str(ip_addr)


def ak_user_by(**filters):
    found = ask("user_by", {"filters": filters})
    return User(found) if isinstance(found, dict) else None


def ak_is_group_member(user, **group_filters):
    return ask("group_member", {"user": user, "filters": group_filters}) is True


def ak_user_has_authenticator(user, device_type=None):
    return ask("has_authenticator", {"user": user, "type": device_type}) is True


FIXED = {
    "ak_is_group_member": ak_is_group_member,
    "ak_logger": Logger(),
    "ak_user_by": ak_user_by,
    "ak_user_has_authenticator": ak_user_has_authenticator,
    "ip_address": ipaddress.ip_address,
    "ip_network": ipaddress.ip_network,
    "list_flatten": list_flatten,
    "regex_match": regex_match,
    "regex_replace": regex_replace,
    "requests": Requests(),
    "resolve_dns": resolve_dns,
    "reverse_dns": reverse_dns,
    "slugify": slugify,
}


class Voice:
    """What one evaluation says, and whom it asks on behalf of its request."""

    __slots__ = ("messages", "_request")

    def __init__(self, request):
        self.messages = []
        self._request = request

    def ak_message(self, message):
        if len(self.messages) < _MESSAGES:
            self.messages.append(str(message)[:_LENGTH])

    def ak_call_policy(self, name, **kwargs):
        self._request.context.update(kwargs)
        said = ask("call_policy", {"name": name, "kwargs": kwargs})
        return Record({"passing": False, "messages": [], "raw_result": None, **(said or {})})

    def ak_create_event(self, action, **kwargs):
        ask("event", {"action": action, "context": kwargs})
