"""What an expression asks of the house while it runs. The answer is waited for."""

import json
import os

_read = os.read
_write = os.write
_ASK = 2
_ANSWER = 0


class PolicyException(Exception):
    """A policy could not decide."""


def ask(name, args):
    """Asks, and gives back the answer; a question that cannot be answered ends the policy."""
    _write(_ASK, json.dumps([name, args], default=plain_data).encode())
    parts = []
    while part := _read(_ANSWER, 65536):
        parts.append(part)
    answer = json.loads(b"".join(parts))
    if "error" in answer:
        raise PolicyException(answer["error"])
    return answer.get("value")


def text_of(error):
    """What an error says, whatever it is."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def plain_data(value):
    """For json.dumps: what is not JSON by itself."""
    if hasattr(value, "as_json"):
        return value.as_json()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if type(value).__module__ in ("ipaddress", "uuid", "datetime"):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")
