"""The few of the names of the library `requests` that expressions use. Who is asked, the house decides."""

import base64
import json as _json
import types
from urllib.parse import urlencode

from questions import PolicyException, ask

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class HTTPError(PolicyException):
    """A server refused."""


exceptions = types.SimpleNamespace(HTTPError=HTTPError, RequestException=PolicyException)
RequestException = PolicyException


class Headers(dict):
    """Names count whatever their case."""

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


class Response:
    """What a server answered."""

    def __init__(self, said):
        self.status_code = said["status"]
        self.reason = said["reason"]
        self.url = said["url"]
        self.headers = Headers(said["headers"])
        self.content = base64.b64decode(said["body"])

    @property
    def ok(self):
        return self.status_code < 400

    @property
    def text(self):
        _, _, charset = self.headers.get("content-type", "").partition("charset=")
        try:
            return self.content.decode(charset.split(";")[0].strip(' "') or "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self):
        return _json.loads(self.content)

    def raise_for_status(self):
        if not self.ok:
            raise HTTPError(f"{self.status_code} {self.reason} for {self.url}")

    def __bool__(self):
        return self.ok


def request(method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=True, json=None):
    """Asks a server, and waits for its answer."""
    given = {str(name): str(value) for name, value in (headers or {}).items()}
    body, kind = _body(data, json)
    if kind is not None and "content-type" not in {name.lower() for name in given}:
        given["content-type"] = kind
    if auth is not None:
        name, password = auth
        given["authorization"] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    asked = {
        "method": str(method).upper(),
        "url": _address(str(url), params),
        "headers": given,
        "body": None if body is None else base64.b64encode(body).decode(),
        "timeout_ms": _milliseconds(timeout),
        "redirects": bool(allow_redirects),
    }
    return Response(ask("http", asked))


def _address(url, params):
    if not params:
        return url
    whole, mark, fragment = url.partition("#")
    return whole + ("&" if "?" in whole else "?") + urlencode(params, doseq=True) + mark + fragment


def _body(data, json):
    if json is not None:
        return _json.dumps(json).encode(), "application/json"
    if data is None:
        return None, None
    if isinstance(data, (dict, list, tuple)):
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    return data.encode() if isinstance(data, str) else bytes(data), None


def _milliseconds(timeout):
    if isinstance(timeout, tuple):
        timeout = max(part for part in timeout if part is not None)
    return None if timeout is None else max(1, timeout * 1000)


def _caller(method):
    def call(url, **options):
        # As the library has it.
        options.setdefault("allow_redirects", method != "head")
        return request(method, url, **options)

    return call


get, post, put, patch, delete, head, options = (_caller(method) for method in _METHODS)


class Session:
    """Asks without remembering anything."""

    __slots__ = ()

    exceptions = exceptions
    HTTPError = HTTPError
    RequestException = RequestException
    get = staticmethod(get)
    post = staticmethod(post)
    put = staticmethod(put)
    patch = staticmethod(patch)
    delete = staticmethod(delete)
    head = staticmethod(head)
    options = staticmethod(options)
    request = staticmethod(request)
