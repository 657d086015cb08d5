"""Decides from the syntax whether a source is pure.

A pure source (the documentation calls it plain) can only reach and change objects that belong to its own evaluation.
Any other source may have changed objects that the next evaluation shares, so the memory of the interpreter is restored
after it.
"""

import _string
import ast
import builtins
import importlib

_BUILTINS = frozenset(dir(builtins))

_SAFE_BUILTINS = frozenset(
    """ArithmeticError AssertionError AttributeError BaseException Exception False IndexError KeyError LookupError
    NameError None NotImplemented OverflowError RuntimeError StopIteration True TypeError ValueError ZeroDivisionError
    abs all any ascii bin bool bytes callable chr dict divmod enumerate filter float format frozenset hash hex
    id int isinstance issubclass iter len list map max min next oct ord pow print range repr reversed round set slice
    sorted str sum tuple zip""".split()
)

# Prefixes of attributes that give access to the internals of the interpreter, such as frames and code objects.
_INTERNAL_PREFIXES = ("_", "ag_", "co_", "cr_", "f_", "gi_", "tb_")

# The names that a pure source may use of each module. An allow-list, because modules contain other modules.
_MODULES = {
    name: frozenset(names.split())
    for name, names in {
        "base64": "b64decode b64encode urlsafe_b64decode urlsafe_b64encode",
        "datetime": "date datetime time timedelta timezone UTC",
        "hashlib": "md5 sha1 sha256 sha512",
        "ipaddress": "ip_address ip_interface ip_network",
        "json": "dumps loads JSONDecodeError",
        "math": "ceil floor inf isclose isnan log log10 log2 nan pi sqrt trunc",
        "re": """compile escape findall finditer fullmatch match search split sub subn
            A ASCII I IGNORECASE M MULTILINE S DOTALL X VERBOSE""",
        "requests": "get post put patch delete head options request HTTPError RequestException",
        "time": "monotonic time",
        "urllib.parse": "parse_qs parse_qsl quote quote_plus unquote unquote_plus urlencode urljoin urlparse urlsplit",
        "uuid": "UUID uuid4 uuid5",
    }.items()
}

_AUTHENTIK_MODULES = (
    "authentik.core.models",
    "authentik.flows.models",
    "authentik.flows.planner",
    "authentik.policies.exceptions",
    "authentik.stages.prompt.stage",
    "authentik.stages.user_write.stage",
    "django.utils.html",
)


def _own_names(module):
    """Returns the public names that a module exports or defines itself. Leaves out the modules
    that it imports.
    """
    own = [
        name
        for name, value in vars(module).items()
        if isinstance(value, str) or getattr(value, "__module__", None) == module.__name__
    ]
    return frozenset(name for name in getattr(module, "__all__", own) if not name.startswith("_"))


_MODULES.update({name: _own_names(importlib.import_module(name)) for name in _AUTHENTIK_MODULES})

# Methods that read attributes whose names are in a text: `"{0.__globals__}".format(f)`.
_FORMATTING = ("format", "format_map")

# `add_note` and `with_traceback` change an error: if memory runs out, Python raises one error object that all
# evaluations share. The other attributes return a method without its object, and a source could then call the method on
# a shared object.
_UNSAFE_ATTRIBUTES = ("add_note", "with_traceback", "obj", "fget", "fset", "fdel")

# Builtins that read an attribute by its name.
_ATTRIBUTE_READERS = ("getattr", "hasattr")

_PURE_NODES = (
    ast.Module,
    ast.FunctionDef,
    ast.Lambda,
    ast.arguments,
    ast.arg,
    ast.Return,
    ast.Delete,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.For,
    ast.While,
    ast.If,
    ast.Raise,
    ast.Try,
    ast.ExceptHandler,
    ast.Assert,
    ast.Import,
    ast.ImportFrom,
    ast.alias,
    ast.Nonlocal,
    ast.Expr,
    ast.Pass,
    ast.Break,
    ast.Continue,
    ast.BoolOp,
    ast.NamedExpr,
    ast.BinOp,
    ast.UnaryOp,
    ast.IfExp,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
    ast.Compare,
    ast.Call,
    ast.keyword,
    ast.FormattedValue,
    ast.JoinedStr,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Starred,
    ast.Name,
    ast.List,
    ast.Tuple,
    ast.Slice,
    ast.expr_context,
    ast.boolop,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
)


def is_pure(tree):
    """Returns whether later evaluations cannot observe anything that the source does."""
    nodes = list(ast.walk(tree))
    modules = _imported_modules(nodes)
    if modules is None:
        return False
    safe_uses = _safe_uses(nodes, modules)
    return all(_is_pure_node(node, modules, safe_uses) for node in nodes)


def _is_pure_node(node, modules, safe_uses):
    if not isinstance(node, _PURE_NODES):
        return False
    if isinstance(node, ast.Attribute):
        is_safe = _is_safe_attribute(node.attr) or id(node) in safe_uses or _is_safe_format(node)
        return isinstance(node.ctx, ast.Load) and is_safe
    if isinstance(node, ast.Name):
        if id(node) in safe_uses:
            return True
        is_allowed = node.id not in _BUILTINS or node.id in _SAFE_BUILTINS
        return is_allowed and not node.id.startswith("__") and node.id not in modules
    return True


def _is_safe_attribute(name):
    return not name.startswith(_INTERNAL_PREFIXES) and name not in _FORMATTING and name not in _UNSAFE_ATTRIBUTES


def _is_safe_format(node):
    """Returns whether a node is `format` or `format_map` of a literal text that names safe attributes only."""
    template = node.value
    if node.attr not in _FORMATTING or not isinstance(template, ast.Constant) or not isinstance(template.value, str):
        return False
    try:
        return all(_is_safe_attribute(name) for name in _attributes_of(template.value))
    except ValueError:
        return False


def _attributes_of(template):
    """Yields the names of the attributes that a format template reads, also within its format specifications."""
    for _, field, specification, _ in _string.formatter_parser(template):
        if field:
            yield from (str(key) for is_attribute, key in _string.formatter_field_name_split(field)[1] if is_attribute)
        if specification:
            yield from _attributes_of(specification)


def _imported_modules(nodes):
    """Returns the allowed names of each imported module, by local name. Returns None when an import is not allowed."""
    modules = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and not _is_allowed_import(node):
            return None
        for name in node.names if isinstance(node, ast.Import) else ():
            if name.name not in _MODULES or "." in name.name:
                return None
            names = _MODULES[name.name]
            # If one name stands for two modules, the allowed attributes are unknown.
            if modules.setdefault(name.asname or name.name, names) is not names:
                return None
    return modules


def _is_allowed_import(node):
    return node.level == 0 and all(alias.name in _MODULES.get(node.module, ()) for alias in node.names)


def _safe_uses(nodes, modules):
    """Returns the ids of nodes that are safe where they are used: a module before an allowed
    attribute, getattr or hasattr with a literal attribute name, and `request.obj`.
    """
    safe_uses = set()
    has_own_request = any("request" in _bound_names(node) for node in nodes)
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr == "obj" and node.value.id == "request" and not has_own_request:
                safe_uses.add(id(node))
            if node.attr in modules.get(node.value.id, ()):
                safe_uses.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ATTRIBUTE_READERS:
            if _has_literal_attribute(node):
                safe_uses.add(id(node.func))
    return safe_uses


def _bound_names(node):
    """Returns the names that a node assigns, or that it may assign."""
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.alias):
        return (node.asname or node.name,)
    return (node.name,) if isinstance(node, (ast.FunctionDef, ast.ExceptHandler)) else ()


def _has_literal_attribute(call):
    if len(call.args) < 2 or any(isinstance(arg, ast.Starred) for arg in call.args):
        return False
    name = call.args[1]
    return isinstance(name, ast.Constant) and isinstance(name.value, str) and _is_safe_attribute(name.value)
