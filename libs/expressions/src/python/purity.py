"""Which sources leave nothing behind, told from their syntax.

What a plain source can reach and change belongs to one evaluation. Everything else may have touched what the next
evaluation shares, so the interpreter is put back to what it was after such a source ran.
"""

import ast
import builtins

_BUILTINS = frozenset(dir(builtins))

_SAFE_BUILTINS = frozenset(
    """ArithmeticError AssertionError AttributeError BaseException Exception False IndexError KeyError LookupError
    NameError None NotImplemented OverflowError RuntimeError StopIteration True TypeError ValueError ZeroDivisionError
    abs all any ascii bin bool bytes callable chr dict divmod enumerate filter float format frozenset hasattr hash hex
    id int isinstance issubclass iter len list map max min next oct ord pow print range repr reversed round set slice
    sorted str sum tuple zip""".split()
)

# Attributes that lead from a value to the machinery behind it.
_INNER = ("_", "ag_", "co_", "cr_", "f_", "gi_", "tb_")

# What may be taken from a module. Modules hold other modules, so the list says what, not what not.
_MODULES = {
    name: frozenset(taken.split())
    for name, taken in {
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

_NODES = (
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


def is_plain(tree):
    """Whether nothing that the source does can be seen by what is evaluated after it."""
    nodes = list(ast.walk(tree))
    modules = _imported(nodes)
    if modules is None:
        return False
    vouched = _vouched(nodes, modules)
    return all(_is_plain(node, modules, vouched) for node in nodes)


def _is_plain(node, modules, vouched):
    if not isinstance(node, _NODES):
        return False
    if isinstance(node, ast.Attribute):
        return isinstance(node.ctx, ast.Load) and not node.attr.startswith(_INNER)
    if isinstance(node, ast.Name):
        if id(node) in vouched:
            return True
        known = node.id not in _BUILTINS or node.id in _SAFE_BUILTINS
        return known and not node.id.startswith("__") and node.id not in modules
    return True


def _imported(nodes):
    """The modules that the source names, by the name it gives them; None when one is not known here."""
    modules = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and not _takes_known(node):
            return None
        for name in node.names if isinstance(node, ast.Import) else ():
            if name.name not in _MODULES or "." in name.name:
                return None
            modules[name.asname or name.name] = _MODULES[name.name]
    return modules


def _takes_known(node):
    if node.level > 0:
        return False
    if node.module.startswith("authentik."):
        return not any(alias.name.startswith(_INNER) or alias.name == "*" for alias in node.names)
    return all(alias.name in _MODULES.get(node.module, ()) for alias in node.names)


def _vouched(nodes, modules):
    """Uses of names that are safe where they stand: a module for what may be taken, getattr with a name in sight."""
    vouched = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in modules.get(node.value.id, ()):
                vouched.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            if _names_attribute(node):
                vouched.add(id(node.func))
    return vouched


def _names_attribute(call):
    if len(call.args) < 2 or call.keywords or any(isinstance(arg, ast.Starred) for arg in call.args):
        return False
    name = call.args[1]
    return isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith(_INNER)
