import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { Interpreter } from './index.js';

let interpreter: Interpreter;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 128, spares: 0 });
});
afterAll(() => interpreter.close());

/** Returns what the Python function `is_pure` says about a source. */
const isPure = async (source: string) => {
  const check = 'import ast, sys\nreturn sys.modules["purity"].is_pure(ast.parse(source))';
  return (await run(check, { names: { source } })).result;
};

describe('a source is pure', () => {
  it.each([
    'return True',
    'flow_plan = request.context.get("flow_plan")\nreturn not hasattr(flow_plan.context.get("user"), "backend")',
    'context["flow_plan"].context["pending_user"] = ak_user_by(username="akadmin")',
    'from authentik.core.models import USER_ATTRIBUTE_CHANGE_NAME as name\nreturn name',
    'import re\nreturn re.search("a", "b", flags=re.IGNORECASE)',
    'from datetime import datetime as now\nreturn now.now().hour < 8',
    'def double(x):\n  return 2 * x\nreturn [double(n) for n in range(3) if n]',
    'try:\n  return user.username\nexcept:\n  return ""',
    'for _ in []: pass\nreturn f"{len(context):>3}" + str(sorted({"a": 1}.items(), key=lambda pair: pair[1]))',
    'return getattr(request.user, "backend", None)',
    'return hasattr(request.user, "backend")',
    'return request.obj',
    'del context["a"]',
    'return "{} {name} {0.username:>{width}} {a[_b]} {{}}".format(request.user, name=1, width=9, a=context)',
    'return "{user.username}".format_map(context)',
    'import re\ndef f():\n  import re\n  return re.escape("a")\nreturn f()',
    'from authentik.policies.exceptions import PolicyException\nraise PolicyException("a")',
    'from authentik.core.models import Group, User, UserTypes\nreturn User.objects.filter(username="a").first()',
  ])('%s', async (source) => {
    expect(await isPure(source)).toBe(true);
  });
});

describe('a source is not pure', () => {
  it.each([
    'return regex_match.__globals__',
    'regex_match.a = 1',
    'del request.a',
    'import sys',
    'import re\nre.enum',
    'import re\nother = re\nother.enum',
    'import re as r\nreturn [r]',
    'import json.decoder',
    'from re import enum',
    'from re import *',
    'from authentik.core.models import *',
    'from authentik.core.models import __builtins__',
    'from . import names',
    'from authentik.core.models import records',
    'from authentik.core import models',
    'from authentik.queries import ask',
    'import authentik.core.models',
    'import json as module\ndef f():\n  import time as module',
    'return "{0.__globals__}".format(regex_match)',
    'return "{0.a.__globals__}".format(regex_match)',
    'return "{0[a].__globals__}".format(regex_match)',
    'return "{:{0.__globals__}}".format(regex_match)',
    'return "{a.__globals__}".format_map({"a": regex_match})',
    'return "{0.format}".format("")',
    'return "{".format(1)',
    'return context["template"].format(regex_match)',
    'return f"{request}".format(regex_match)',
    'return str.format("{0.__globals__}", regex_match)',
    'return list(map(str.format_map, ["{a.__globals__}"], [{"a": regex_match}]))',
    'return getattr("{0.__globals__}", "format")(regex_match)',
    'return eval("1")',
    'eval = eval\nreturn eval("1")',
    'def f():\n  return exec\ndef g():\n  exec = 1\nreturn f()("1")',
    'return getattr(regex_match, "__globals__")',
    'return getattr(regex_match, "__glo" + "bals__")',
    'read = getattr\nreturn read(regex_match, "__globals__")',
    'return getattr(*[regex_match, "__globals__"])',
    'return list(map(getattr, [regex_match], ["__globals__"]))',
    'return hasattr(regex_match, "__notes__")',
    'return hasattr(regex_match, context["name"])',
    'return list(map(hasattr, [regex_match], ["__notes__"]))',
    'try:\n  x\nexcept Exception as e:\n  e.add_note("a")',
    'try:\n  x\nexcept Exception as e:\n  raise e.with_traceback(None)',
    'return context.obj',
    'return getattr(request, "obj")',
    'return "{0.obj}".format(request)',
    'request = context\nreturn request.obj',
    'def f(request):\n  return request.obj',
    'try:\n  x\nexcept Exception as request:\n  return request.obj',
    'from json import loads as request\nreturn request.obj',
    'def request():\n  return request.obj',
    'return context.a.fget(regex_match)',
    'return (x for x in []).gi_frame',
    'return __builtins__',
    ...['ag_frame', 'co_code', 'cr_frame', 'f_globals', 'gi_code', 'tb_frame'].map((name) => `return context.${name}`),
    ...['breakpoint', 'classmethod', 'compile', 'delattr', 'dir', 'exit', 'globals', 'help', 'input', 'locals'],
    ...['memoryview', 'object', 'open', 'property', 'setattr', 'staticmethod', 'super', 'vars', '__import__'],
    'return "".__class__',
    'return b"".format',
    'return getattr(*[regex_match, "__globals__"], "a")',
    'from .re import compile',
    'from authentik.core.models import __name__',
    'yield from []',
    'with context: pass',
    'return type(1)',
    'return vars(request)',
    'setattr(regex_match, "a", 1)',
    'class A: pass',
    'global a\na = 1',
    'yield 1',
    'async def f(): pass',
    'match request:\n  case object(__class__=c): return c',
    'with open("a"): pass',
    'for regex_match.a in [1]: pass',
    '[0 for regex_match.a in [1]]',
    'import re\nre = 1',
    'return f"{regex_match.__globals__}"',
    'return (lambda x=regex_match.__globals__: x)()',
    'def f(x: regex_match.__globals__): pass',
    'try:\n  x\nexcept Exception as e:\n  return e.__traceback__',
  ])('%s', async (source) => {
    expect(await isPure(source)).toBe(false);
  });
});

it('a pure source that changes its input does not influence the next evaluation', async () => {
  const changes = `
request.context["a"] = 1
context.clear()
request.http_request.headers["a"] = 1
request.user.attributes["a"] = 1
request.http_request.session["a"] = 1
return True`;
  const input = { request: { user: { username: 'joe' }, http_request: {} }, context: { b: 1 } };
  expect(await isPure(changes)).toBe(true);
  expect(await run(changes, input)).toMatchObject({ result: true });
  const read = 'return [context, request.http_request.headers, request.user.attributes, request.http_request.session]';
  expect(await run(read, input)).toMatchObject({ result: [{ b: 1 }, {}, {}, {}] });
});
