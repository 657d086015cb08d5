"""A subset of the library `requests`. The host sends the requests, and decides which servers are allowed."""

import base64
import json as _json
import types
from urllib.parse import urlencode

from host import PolicyException, ask, check_depth

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class HTTPError(PolicyException):
    """Raised for a response with a status of 400 or more."""


exceptions = types.SimpleNamespace(HTTPError=HTTPError, RequestException=PolicyException)
RequestException = PolicyException


class Headers(dict):
    """HTTP headers with case-insensitive names."""

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


class Response:
    """The response of a server."""

    def __init__(self, reply):
        self.status_code = reply["status"]
        self.reason = reply["reason"]
        self.url = reply["url"]
        self.headers = Headers(reply["headers"])
        self.content = base64.b64decode(reply["body"])

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
        check_depth(self.content)
        return _json.loads(self.content)

    def raise_for_status(self):
        if not self.ok:
            raise HTTPError(f"{self.status_code} {self.reason} for {self.url}")

    def __bool__(self):
        return self.ok


def request(method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=True, json=None):
    """Sends a request and waits for the response."""
    request_headers = {str(name): str(value) for name, value in (headers or {}).items()}
    body, kind = _body(data, json)
    if kind is not None and "content-type" not in {name.lower() for name in request_headers}:
        request_headers["content-type"] = kind
    if auth is not None:
        name, password = auth
        request_headers["authorization"] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    request = {
        "method": str(method).upper(),
        "url": _url_with_params(str(url), params),
        "headers": request_headers,
        "body": None if body is None else base64.b64encode(body).decode(),
        "timeout_ms": _milliseconds(timeout),
        "redirects": bool(allow_redirects),
    }
    return Response(ask("http", request))


def _url_with_params(url, params):
    query = _form(params or ())
    if not query:
        return url
    base, mark, fragment = url.partition("#")
    return base + ("&" if "?" in base else "?") + query + mark + fragment


def _form(values):
    """Returns the values in the format of a form, without those that are None."""
    pairs = values.items() if isinstance(values, dict) else values
    lists = [(name, value if isinstance(value, (list, tuple, set)) else [value]) for name, value in pairs]
    return urlencode([(name, value) for name, listed in lists for value in listed if value is not None])


def _body(data, json):
    if json is not None:
        return _json.dumps(json).encode(), "application/json"
    if data is None:
        return None, None
    if isinstance(data, (dict, list, tuple)):
        return _form(data).encode(), "application/x-www-form-urlencoded"
    return data.encode() if isinstance(data, str) else bytes(data), None


def _milliseconds(timeout):
    if isinstance(timeout, tuple):
        timeout = max(value for value in timeout if value is not None)
    return None if timeout is None else max(1, timeout * 1000)


def _method(method):
    def call(url, **options):
        # By default, HEAD requests do not follow redirects, as in the requests library.
        options.setdefault("allow_redirects", method != "head")
        return request(method, url, **options)

    return call


get, post, put, patch, delete, head, options = (_method(method) for method in _METHODS)


class Session:
    """The object that expressions use as `requests`. It keeps no cookies or connections."""

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
