"""Compiles expressions, and caches the code. An expression is the body of a function, so it may contain `return`."""

import ast
import builtins
import json
import keyword
import marshal
import textwrap
import types
import warnings

from functions import FUNCTIONS
from host import PolicyException
from purity import is_pure

_CACHE_SIZE = 512
FILENAME = "<expression>"
_COMMON_NAMES = ("request", "context", "ak_is_sso_flow", "ak_message", "ak_call_policy", "ak_create_event", *FUNCTIONS)
_REQUEST_NAMES = ("http_request", "ak_client_ip")

# Functions of authentik that are not available to expressions, because the process that runs expressions has no keys
# and sends no mail.
_UNAVAILABLE = {
    "ak_create_jwt": "expressions have no key to sign tokens with",
    "ak_create_jwt_raw": "expressions have no key to sign tokens with",
    "ak_send_email": "expressions send no mail; use an email stage",
}

warnings.simplefilter("ignore")
_compiled = {}

# The literal texts of all cached sources.
literals = set()


class Compiled:
    """A compiled source. `calls` are the sources that it may call, by policy name."""

    __slots__ = ("_code", "_names", "calls", "literals", "pure")

    def __init__(self, code, names, pure=False, literals=frozenset()):
        self._code = code
        self._names = names
        self.calls = {}
        self.literals = literals
        self.pure = pure

    def parts(self):
        return self._code, self._names

    def __call__(self, lookup):
        """Evaluates the source and returns its result. `lookup` returns the value of a global name."""
        function = types.FunctionType(self._code, {"__builtins__": builtins.__dict__, "__name__": "expression"})
        return function(*map(lookup, self._names))


class InvalidSource:
    """A called policy with a syntax error. Calling it raises PolicyException, so that it does not pass."""

    __slots__ = ("_error",)
    literals = frozenset()
    pure = True

    def __init__(self, error):
        self._error = error

    def parts(self):
        return (self._error,)

    def __call__(self, lookup):
        raise PolicyException("{message} (line {line}, column {column})".format(**self._error))


class ExpressionSyntaxError(Exception):
    """Raised for a source that is not valid Python. Its argument is a dict with `line`, `column` and `message`."""


def compiled(key):
    """Returns the compiled source of a cache key, and whether it was added to the cache. Caches pure sources only."""
    cached = _compiled.get(key)
    if cached:
        return cached, False
    spec = json.loads(key)
    names = _names(spec)
    result = _compile(spec["source"], names)
    for name, source in spec.get("calls", {}).items():
        result.calls[name] = called = _compile_called(source, names)
        result.pure = result.pure and called.pure
        result.literals |= called.literals
    if result.pure:
        _cache(key, result)
    return result, result.pure


def dumped(source):
    """Returns a compiled source, and the sources that it may call, as bytes."""
    return marshal.dumps((source.parts(), {name: called.parts() for name, called in source.calls.items()}))


def loaded(data):
    """Returns the compiled source from bytes that `dumped` has returned."""
    parts, calls = marshal.loads(data)
    source = Compiled(*parts)
    source.calls = {name: Compiled(*called) if len(called) == 2 else InvalidSource(*called) for name, called in calls.items()}
    return source


def _cache(key, source):
    if len(_compiled) >= _CACHE_SIZE:
        _compiled.clear()
        literals.clear()
    _compiled[key] = source
    literals.update(source.literals)


def _compile_called(source, names):
    try:
        return _compile(source, names)
    except ExpressionSyntaxError as error:
        return InvalidSource(error.args[0])


def syntax_error_of(source):
    """Returns the first syntax error of a source, or None."""
    try:
        _compile(source, ())
    except ExpressionSyntaxError as error:
        return error.args[0]
    return _unavailable_function_in(source)


def _unavailable_function_in(source):
    """Returns the first call of a function in `_UNAVAILABLE`, in the form of a syntax error, or
    None.
    """
    text, margin = _text_of(source)
    for node in ast.walk(ast.parse(text, FILENAME)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _UNAVAILABLE:
            message = f"{node.func.id} is not available: {_UNAVAILABLE[node.func.id]}"
            return {"line": node.lineno, "column": node.col_offset + 1 + margin, "message": message}
    return None


def _names(spec):
    """Returns the global names of a source. They become the parameters of its function."""
    extra = [name for name in spec["names"] if name.isidentifier() and not keyword.iskeyword(name)]
    request = _REQUEST_NAMES if spec["http"] else ()
    return tuple(dict.fromkeys([*_COMMON_NAMES, *request, *extra]))


def _compile(source, names):
    text, margin = _text_of(source)
    try:
        tree = ast.parse(text, FILENAME)
        pure = is_pure(tree)
        # An impure source may use names that its syntax tree does not show (`eval`), so it receives all names.
        parameters = _used(tree, names) if pure else names
        return Compiled(_code(tree, parameters), parameters, pure, _literals_of(tree))
    except SyntaxError as error:
        details = {"line": error.lineno or 1, "column": (error.offset or 1) + margin, "message": error.msg}
        raise ExpressionSyntaxError(details) from None
    except (MemoryError, RecursionError, ValueError) as error:
        raise ExpressionSyntaxError({"line": 1, "column": 1, "message": str(error) or "too deeply nested"}) from None


def _used(tree, names):
    nodes = list(ast.walk(tree))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    used.update(name for node in nodes if isinstance(node, ast.Nonlocal) for name in node.names)
    return tuple(name for name in names if name in used)


def _literals_of(tree):
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, (str, bytes)))


def _text_of(source):
    """Returns a source with the newlines of Unix and without its margin, and the width of the margin."""
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    margin = _margin(text)
    return textwrap.dedent(text) if margin else text, margin


def _margin(text):
    """Returns the common indentation of all lines. Sources in YAML may be indented as a whole."""
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
