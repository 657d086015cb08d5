"""Requests from an expression to the host, the Node process that runs Python. Each waits for the reply."""

import json
import os
import re

# Keep references to these functions, because an expression can replace the functions of `os`.
_read = os.read
_write = os.write
_REQUEST_FD = 2
_REPLY_FD = 0

# Largest nesting of arrays and objects: 64 levels of a value from outside, plus the levels of the objects that contain
# it.
MAX_DEPTH = 96
_JSON_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.S)


class PolicyException(Exception):
    """Raised when a policy cannot decide."""


def ask(name, args):
    """Sends a request to the host and returns the value of its reply. Raises PolicyException for an error reply."""
    request = json.dumps([name, args], default=plain_data).encode()
    check_depth(request)
    _write(_REQUEST_FD, request)
    chunks = []
    while chunk := _read(_REPLY_FD, 65536):
        chunks.append(chunk)
    reply = json.loads(b"".join(chunks))
    if "error" in reply:
        raise PolicyException(reply["error"])
    return reply.get("value")


def check_depth(data):
    """Raises PolicyException for JSON bytes with more than MAX_DEPTH levels. Ignores brackets inside strings."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _JSON_TOKENS.finditer(data):
        token = match[0]
        depth += 1 if token in b"[{" else -1 if token in b"]}" else 0
        if depth > MAX_DEPTH:
            raise PolicyException(f"The JSON has more than {MAX_DEPTH} levels.")


def text_of(error):
    """Returns the message of an error, or the name of its type when it has none or formatting it fails."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def plain_data(value):
    """The `default` function of json.dumps: converts the supported values that JSON does not have."""
    if hasattr(value, "_as_json"):
        return value._as_json()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if type(value).__module__ in ("ipaddress", "uuid", "datetime"):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be serialized as JSON")
