"""The names that an expression can use: its own API, and the values that all expressions of one evaluation share."""

import ipaddress

from functions import FUNCTIONS
from host import PolicyException, ask, text_of
from records import Record

_MAX_MESSAGES = 100
_MAX_MESSAGE_LENGTH = 1000
_MAX_CALLS = 1000
_API_NAMES = frozenset(("ak_call_policy", "ak_create_event", "ak_message"))


def _client_address(text):
    """Returns the client's address as an `ipaddress` object, or None when it is unknown."""
    return ipaddress.ip_address(text) if text else None


class EvaluationScope:
    """What an expression shares with the policies that it calls: the request, their events, failures and arguments."""

    __slots__ = ("calls", "client_ip", "events", "failures", "call_kwargs", "request", "values", "_call_count", "_max_depth")

    def __init__(self, values, request, client_ip, calls, max_depth):
        self.values = values
        self.request = request
        self.calls = calls
        self.client_ip = client_ip
        self.events = []
        self.failures = []
        self.call_kwargs = {}
        self._call_count = 0
        self._max_depth = max_depth

    def lookup(self, name):
        """Returns the value of a name that is the same for all expressions of the evaluation."""
        values = self.values
        if name in values:
            return values[name]
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        return self.request.http_request if name == "http_request" else _client_address(self.client_ip)

    def call(self, name, depth):
        """Evaluates another policy. A policy that raises an error does not pass, and the error is recorded."""
        self._call_count += 1
        if depth > self._max_depth or self._call_count > _MAX_CALLS:
            raise PolicyException("The policies call each other too deeply or too often.")
        api = PolicyApi(self, depth)
        try:
            result = self.calls[name](api.lookup)
            return {"passing": bool(result), "messages": api.messages, "raw_result": result}
        except MemoryError:
            raise
        except Exception as error:
            self.failures.append({"policy": name, "error": text_of(error)})
            return {"messages": api.messages}


class PolicyApi:
    """The API of one expression: its messages, and its calls of other policies."""

    __slots__ = ("messages", "_depth", "_scope")

    def __init__(self, scope, depth=0):
        self.messages = []
        self._depth = depth
        self._scope = scope

    def lookup(self, name):
        """Returns the value of a global name of the expression."""
        return getattr(self, name) if name in _API_NAMES else self._scope.lookup(name)

    def ak_message(self, message):
        if len(self.messages) < _MAX_MESSAGES:
            self.messages.append(str(message)[:_MAX_MESSAGE_LENGTH])

    def ak_call_policy(self, name, **kwargs):
        scope = self._scope
        scope.request.context.update(kwargs)
        if name in scope.calls:
            scope.call_kwargs.update(kwargs)
            result = scope.call(name, self._depth + 1)
        else:
            result = ask("call_policy", {"name": name, "kwargs": kwargs})
        return Record({"passing": False, "messages": [], "raw_result": None, **(result or {})})

    def ak_create_event(self, action, **kwargs):
        self._scope.events.append({"action": str(action), "context": kwargs})
