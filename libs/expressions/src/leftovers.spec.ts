import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { type ExpressionInput, Interpreter } from './index.js';

let interpreter: Interpreter;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 128, spares: 0 });
});
afterAll(() => interpreter.close());

/** Python code that lists all strings in the interpreter that contain a given text, except the text itself. */
const FIND = `
def find(text):
    import gc, sys
    gc.unfreeze()
    seen, found = {id(text)}, []
    waiting = [*gc.get_objects(), sys.modules]
    while waiting:
        fresh = {id(value): value for value in waiting if id(value) not in seen}
        seen.update(fresh)
        containers = []
        for value in fresh.values():
            if isinstance(value, (str, bytes)):
                if text in (value if isinstance(value, str) else value.decode("latin-1")):
                    found.append(str(value)[:100])
            else:
                containers.append(value)
        # The collector does not visit the keys of a dict if all of them are strings.
        keys = [key for value in containers if isinstance(value, dict) for key in value]
        waiting = gc.get_referents(*containers) + keys
    return found
`;
/**
 * Python code that uses up all memory and all MemoryError objects that Python has prepared. After that, Python raises
 * one shared MemoryError object, which might keep data of an evaluation.
 */
const EXHAUST = `
held = []
for _ in range(40):
    try:
        [0] * (2**31 - 1)
    except Exception as error:
        held.append(error)
`;
const parts = ['left', 'over7f3a'];
/**
 * Searches the interpreter for a text. It is assembled from parts, so that the search does not find its own source or
 * input.
 */
const search = async () => run(`${FIND}\nreturn find("".join(parts))`, { names: { parts } });

const v: ExpressionInput = { context: { v: 'leftover7f3a' } };
const LEAVERS: [string, string, ExpressionInput?][] = [
  ['the source of a plain expression', 'return context.get("v") == "leftover7f3a"'],
  ['the source of an expression that is not plain', 'import sys\nreturn sys.argv == "leftover7f3a"'],
  ['the source of an expression with a syntax error', 'return ("leftover7f3a"'],
  ['an attribute of a module', 'import sys\nsys.kept = context["v"]', v],
  ['the input', 'return context["v"]', v],
  ['the plan', 'context["flow_plan"].context["w"] = 1', { flow_plan: { slug: 'a', context: { v: 'leftover7f3a' } } }],
  ['a regular expression', 'return regex_match("a", context["v"])', v],
  ['the template of a replacement', 'return regex_replace("a", "a", context["v"])', v],
  ['a URL', 'from urllib.parse import urlsplit\nreturn urlsplit(context["v"]).path', v],
  ['the format of a date', 'from datetime import datetime\nreturn datetime.strptime("a", context["v"])', v],
  ['the name of a text encoding', 'return "a".encode(context["v"])', v],
  ['the message of an error', 'raise ValueError(context["v"])', v],
  ['a reply of the host', 'return ak_user_by(username="joe").username'],
];

it('the search finds a text in a key, in a tuple and in an attribute of a module', async () => {
  const leave = `
import sys
text = "".join(parts)
sys.kept = [(text + "-tuple",), {text + "-key": 1}]
sys.attribute = text + "-attribute"
return sorted(find(text))`;
  const found = ['attribute', 'key', 'tuple'].map((place) => `leftover7f3a-${place}`);
  expect(await run(FIND + leave, { names: { parts } })).toMatchObject({ result: found });
});

describe('an expression finds nothing in the interpreter of', () => {
  it.each(LEAVERS)('%s', async (_, source, input = {}) => {
    await run(source, input, { ask: async () => [{ username: 'leftover7f3a' }] });
    expect(await search()).toMatchObject({ result: [] });
  });

  it('a called policy', async () => {
    await interpreter.run(
      { source: 'return ak_call_policy("b")', calls: { b: 'return "leftover7f3a"' }, input: {}, timeoutMs: 15_000 },
      async () => null,
    );
    expect(await search()).toMatchObject({ result: [] });
  });

  it('a source whose syntax was checked', async () => {
    await interpreter.check('return "leftover7f3a"');
    expect(await search()).toMatchObject({ result: [] });
  });
});

describe('a plain expression leaves no trace in the interpreter, except its compiled source, of', () => {
  /**
   * Returns Python code that evaluates a pure source as the child process does, so that the test can search what is
   * left of it.
   */
  const evaluate = (source: string) => `${FIND}
import json, sys
key = json.dumps({"source": json.loads(${JSON.stringify(JSON.stringify(source))}), "http": False, "names": []})
text = "".join(parts)
inputs = json.loads(json.dumps(input).replace("PLACEHOLDER", text))
plan = json.dumps(inputs.get("flow_plan", {}).pop("context", None) or "")
message = "\\n".join([key, json.dumps(inputs), plan if "v" in plan else ""]).encode()
reply = sys.modules["evaluation"].evaluate_pure(message)
if reply[:1] not in (b"+", b"="):
    raise Exception(reply.decode())
del inputs, plan, message, reply
return find(text)`;
  const plain = LEAVERS.filter(([name]) => !/source|module|reply/.test(name));

  it.each(plain)('%s', async (_, source, input = {}) => {
    const placeholder = JSON.parse(JSON.stringify(input).replaceAll('leftover7f3a', 'PLACEHOLDER'));
    const outcome = await run(evaluate(source), { names: { parts, input: placeholder } });
    expect(outcome).toMatchObject({ result: [] });
  });

  it.each([
    ['a netmask', 'ip_network("192.0.2.0/" + context["v"])', ['0'.repeat(40), '24']],
    [
      'an error that memory ran out',
      `${EXHAUST}\ntry:\n  raise held[-1] from ValueError(context["v"])\nexcept Exception: pass`,
      parts,
    ],
  ])('%s', async (_, source, parts) => {
    const names = { parts, input: { context: { v: 'PLACEHOLDER' } } };
    expect(await run(evaluate(source), { names })).toMatchObject({ result: [] });
  });

  it('a combination of flags', async () => {
    const flags = 'return len(__import__("re").RegexFlag._value2member_map_)';
    const combined = `${evaluate('import re\nreturn bool(re.A | 12345)').replace(/return find.*$/, '')}\n${flags}`;
    const [before, after] = [await run(flags), await run(combined, { names: { parts, input: {} } })];
    expect(after).toMatchObject({ result: before.result });
  });

  it('the arguments of functions that have a cache', async () => {
    const source = `from urllib.parse import quote, urlsplit
import re
re.escape("a")
return [urlsplit("http://a/").path, quote("a", safe="b"), ip_address("192.0.2.7").is_private, str(ak_client_ip)]`;
    const sizes = `
import functools
caches = [value for value in gc.get_objects() if isinstance(value, functools._lru_cache_wrapper)]
return [len(caches) > 9, *[cache.__qualname__ for cache in caches if cache.cache_info().currsize > 0]]`;
    const evaluation = evaluate(source)
      .replace('"http": False', '"http": True')
      .replace(/return find.*$/, '');
    const names = { parts, input: { client_ip: '192.0.2.9' } };
    expect(await run(`${evaluation}\nimport gc\ngc.unfreeze()${sizes}`, { names })).toMatchObject({ result: [true] });
  });
});

it('a plain expression cannot detach a method from its object to read or write what all expressions share', async () => {
  const input = { flow_plan: { slug: 'a', context: { v: 'leftover7f3a' } } };
  const method = (name: string, call: string) => `
try:
    context["flow_plan"].${name}.missing
except AttributeError as error:
    return error.obj(${call})`;
  await run(method('redirect', 'regex_match, context["v"]'), input);
  expect(await run(method('destination', 'regex_match'), input)).toMatchObject({ result: null });
});

it('a plain expression does not learn whether an earlier one ran out of memory', async () => {
  await run(`${EXHAUST}held[-1].add_note(str(context))`);
  const { result } = await run(`${EXHAUST}return [held[-1] is held[-2], hasattr(held[-1], "__notes__")]`);
  expect(result).toEqual([true, false]);
});
