"""Sources, compiled once. A source is the body of a function: it may return."""

import ast
import builtins
import json
import keyword
import textwrap
import types
import warnings

from names import FIXED
from purity import is_plain
from questions import PolicyException

_KEPT = 512
FILENAME = "<expression>"
_ALWAYS = ("request", "context", "ak_is_sso_flow", "ak_message", "ak_call_policy", "ak_create_event", *FIXED)
_WITH_REQUEST = ("http_request", "ak_client_ip")

warnings.simplefilter("ignore")
_compiled = {}


class Compiled:
    """A source that can be evaluated."""

    __slots__ = ("_code", "calls", "names", "plain")

    def __init__(self, code, names, plain):
        self._code = code
        self.calls = {}
        self.names = names
        self.plain = plain

    def __call__(self, value):
        """What it comes to; `value` gives what a name means."""
        function = types.FunctionType(self._code, {"__builtins__": builtins.__dict__, "__name__": "expression"})
        return function(*map(value, self.names))


class Broken:
    """A source that may be called, and cannot be evaluated."""

    __slots__ = ("_fault",)
    plain = True

    def __init__(self, fault):
        self._fault = fault

    def __call__(self, value):
        raise PolicyException("{message} (line {line}, column {column})".format(**self._fault))


class Misspelt(Exception):
    """The source is not Python."""


def compiled(key):
    """What a source was compiled to, and whether that was new; sources that cannot be compiled are not kept."""
    found = _compiled.get(key)
    if found:
        return found, False
    asked = json.loads(key)
    names = _names(asked)
    made = _compile(asked["source"], names)
    for name, source in asked.get("calls", {}).items():
        made.calls[name] = called = _called(source, names)
        made.plain = made.plain and called.plain
    if len(_compiled) >= _KEPT:
        _compiled.clear()
    _compiled[key] = made
    return made, True


def _called(source, names):
    try:
        return _compile(source, names)
    except Misspelt as fault:
        return Broken(fault.args[0])


def fault_in(source):
    """Where and why a source is not Python; None when it is."""
    try:
        _compile(source, ())
    except Misspelt as fault:
        return fault.args[0]
    return None


def _names(asked):
    extra = [name for name in asked["names"] if name.isidentifier() and not keyword.iskeyword(name)]
    request = _WITH_REQUEST if asked["http"] else ()
    return tuple(dict.fromkeys([*_ALWAYS, *request, *extra]))


def _compile(source, names):
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    margin = _margin(text)
    try:
        tree = ast.parse(textwrap.dedent(text) if margin else text, FILENAME)
        plain = is_plain(tree)
        # Only a plain source says all the names that it uses.
        wanted = _used(tree, names) if plain else names
        return Compiled(_code(tree, wanted), wanted, plain)
    except SyntaxError as error:
        fault = {"line": error.lineno or 1, "column": (error.offset or 1) + margin, "message": error.msg}
        raise Misspelt(fault) from None
    except (MemoryError, RecursionError, ValueError) as error:
        raise Misspelt({"line": 1, "column": 1, "message": str(error) or "too deeply nested"}) from None


def _used(tree, names):
    nodes = list(ast.walk(tree))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    used.update(name for node in nodes if isinstance(node, ast.Nonlocal) for name in node.names)
    return tuple(name for name in names if name in used)


def _margin(text):
    """How far the whole source is indented, as sources in YAML may be."""
    lines = [line for line in text.split("\n") if line.strip()]
    return min((len(line) - len(line.lstrip()) for line in lines), default=0)


def _code(tree, names):
    function = ast.FunctionDef(
        name="expression",
        args=ast.arguments(posonlyargs=[], args=[ast.arg(name) for name in names], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=tree.body or [ast.Pass()],
        decorator_list=[],
        type_params=[],
    )
    module = ast.fix_missing_locations(ast.Module(body=[function], type_ignores=[]))
    constants = compile(module, FILENAME, "exec", dont_inherit=True).co_consts
    return next(constant for constant in constants if isinstance(constant, types.CodeType))
