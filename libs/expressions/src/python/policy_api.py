"""What a source says and whom it calls, and what all sources of one evaluation share."""

import functools
import ipaddress

from names import FIXED
from questions import PolicyException, ask, text_of
from records import Record

_MESSAGES = 100
_LENGTH = 1000
_CALLS = 1000
_SPOKEN = frozenset(("ak_call_policy", "ak_create_event", "ak_message"))


@functools.lru_cache(256)
def address(text):
    """An address, as the library has it."""
    return ipaddress.ip_address(text) if text else None


class Scene:
    """What the source that is evaluated and those that it calls have in common: the request, and what they leave."""

    __slots__ = ("calls", "client", "events", "failures", "given", "request", "values", "_called", "_depth")

    def __init__(self, values, request, client, calls, depth):
        self.values = values
        self.request = request
        self.calls = calls
        self.client = client
        self.events = []
        self.failures = []
        self.given = {}
        self._called = 0
        self._depth = depth

    def meaning(self, name):
        """What a name means that means the same to all of them."""
        values = self.values
        if name in values:
            return values[name]
        if name in FIXED:
            return FIXED[name]
        return self.request.http_request if name == "http_request" else address(self.client)

    def result_of(self, name, depth):
        """What another source says. One that fails does not pass."""
        self._called += 1
        if depth > self._depth or self._called > _CALLS:
            raise PolicyException("The policies call each other too often.")
        voice = Voice(self, depth)
        try:
            result = self.calls[name](voice.meaning)
            return {"passing": bool(result), "messages": voice.messages, "raw_result": result}
        except MemoryError:
            raise
        except Exception as error:
            self.failures.append({"policy": name, "error": text_of(error)})
            return {"messages": voice.messages}


class Voice:
    """What one source says, and whom it asks on behalf of the request."""

    __slots__ = ("messages", "_depth", "_scene")

    def __init__(self, scene, depth=0):
        self.messages = []
        self._depth = depth
        self._scene = scene

    def meaning(self, name):
        """What a name means to the source that speaks with this voice."""
        return getattr(self, name) if name in _SPOKEN else self._scene.meaning(name)

    def ak_message(self, message):
        if len(self.messages) < _MESSAGES:
            self.messages.append(str(message)[:_LENGTH])

    def ak_call_policy(self, name, **kwargs):
        scene = self._scene
        scene.request.context.update(kwargs)
        if name in scene.calls:
            scene.given.update(kwargs)
            said = scene.result_of(name, self._depth + 1)
        else:
            said = ask("call_policy", {"name": name, "kwargs": kwargs})
        return Record({"passing": False, "messages": [], "raw_result": None, **(said or {})})

    def ak_create_event(self, action, **kwargs):
        self._scene.events.append({"action": str(action), "context": kwargs})
