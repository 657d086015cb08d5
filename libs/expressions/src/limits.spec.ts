import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { Interpreter } from './index.js';

let interpreter: Interpreter;
let readyBeforeFirstRun: number;
const run = evaluator(() => interpreter);
const TIME_LIMIT_ERROR = 'The policy exceeded its time limit.';

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 64 });
  await interpreter.whenFull();
  readyBeforeFirstRun = interpreter.readyCount;
  await run('return 1');
});
beforeEach(() => interpreter.whenFull());
afterAll(() => interpreter.close());

it('starts the spare process with the first evaluation', () => {
  expect([readyBeforeFirstRun, interpreter.readyCount]).toEqual([1, 2]);
});

describe('the time limit', () => {
  it.each([
    ['a loop', 'while True: pass'],
    ['a large number', 'return len(str(9**9**8))'],
    ['a regular expression', 'return regex_match("a" * 60 + "b", "(a+)+$")'],
    ['sleep', 'import time\ntime.sleep(60)'],
  ])('ends %s, and the process serves the next evaluation', async (_, source) => {
    expect(await run(source, {}, { timeoutMs: 500 })).toMatchObject({ truth: false, error: TIME_LIMIT_ERROR });
    expect(await run('return 1')).toMatchObject({ result: 1 });
    expect(interpreter.readyCount).toBe(2);
  });

  it('kills a process whose expression catches the interrupt, and another process serves the next evaluation', async () => {
    const source = 'while True:\n  try:\n    while True: pass\n  except BaseException: pass';
    expect(await run(source, {}, { timeoutMs: 300 })).toMatchObject({ truth: false, error: TIME_LIMIT_ERROR });
    expect(await run('return 1')).toMatchObject({ result: 1 });
  });

  it('includes the time spent waiting for a process', async () => {
    let reply: (user: null) => void;
    const replied = new Promise<null>((resolve) => (reply = resolve));
    const busy = [1, 2].map(() => run('return ak_user_by(username="a")', {}, { ask: () => replied }));
    expect(await run('return 1', {}, { timeoutMs: 50 })).toMatchObject({ error: TIME_LIMIT_ERROR });
    reply!(null);
    for (const outcome of await Promise.all(busy)) expect(outcome.error).toBeUndefined();
  });
});

describe('the memory limit', () => {
  it.each([
    ['many objects', 'x = []\nwhile True: x.append("a" * 1_000_000 + str(len(x)))'],
    ['one object', 'return len("a" * 1_000_000_000)'],
    ['a number', 'return len(bin(1 << (1 << 32)))'],
  ])('ends %s, while other evaluations run', async (_, source) => {
    const [bomb, other] = await Promise.all([run(source), run('return 1')]);
    expect(bomb).toMatchObject({ truth: false, error: 'MemoryError' });
    expect(other).toMatchObject({ result: 1 });
    expect(await run('return 2')).toMatchObject({ result: 2 });
  });

  it('ends a recursion', async () => {
    expect((await run('def f(n): return f(n + 1)\nreturn f(0)')).error).toMatch(/recursion/);
    expect(await run('return 1')).toMatchObject({ result: 1 });
  });
});

describe('the nesting limit', () => {
  const NESTED = 'The data or the calls of the policy are nested too deeply.';
  const nest = (type: string) => `x = ${type}\nfor _ in range(100_000): x = [x]\n`;

  it.each([
    ['JSON that it parses', 'import json\nreturn json.loads("[" * 100_000)'],
    ['its result', `${nest('[]')}return x`],
    ['a value that it prints', `${nest('[]')}return str(x)`],
    ['values that it compares', `${nest('[]')}y = []\nfor _ in range(100_000): y = [y]\nreturn x == y`],
    ['iterators', 'x = [1]\nfor _ in range(100_000): x = map(str, x)\nreturn list(x)'],
    ['calls', 'def f(x): return sorted([1], key=f)\nreturn f(1)'],
    ['calls of an expression that is not plain', 'import sys\ndef f(x): return sorted([1], key=f)\nreturn f(1)'],
  ])('fails an expression for %s, and keeps the process', async (_, source) => {
    const before = children();
    expect(await run(source)).toMatchObject({ truth: false, error: NESTED });
    expect(await run('return 1')).toMatchObject({ result: 1 });
    expect(children()).toEqual(before);
  });

  it('never mixes up the replies of the host, wherever the stack overflows', async () => {
    const ask = async () => [{ username: 'first' }];
    const source = 'def f(x):\n  ak_user_by(username="a")\n  return sorted([1], key=f)\nreturn f(1)';
    expect(await run(source, {}, { ask })).toMatchObject({ truth: false });
    const next = { ask: async () => [{ username: 'second' }] };
    expect(await run('return ak_user_by(username="a").username', {}, next)).toMatchObject({ result: 'second' });
  });

  const levels = (count: number) => `${'['.repeat(count)}"]"${']'.repeat(count)}`;
  const limit = 'The JSON has more than 96 levels.';
  const http = (count: number) => ({
    ask: async () => ({
      ...{ status: 200, reason: 'OK', url: 'http://a/', headers: {} },
      body: Buffer.from(levels(count)).toString('base64'),
    }),
  });

  it('is 96 levels for JSON responses, besides brackets in strings', async () => {
    const source = 'return requests.get("http://a/").json() != 1';
    expect(await run(source, {}, http(96))).toMatchObject({ result: true });
    expect(await run(source, {}, http(97))).toMatchObject({ truth: false, error: limit });
    const text = {
      ask: async () => ({
        ...(await http(1).ask()),
        body: Buffer.from(`"${levels(99).replaceAll('"', '')}"`).toString('base64'),
      }),
    };
    expect(await run(source, {}, text)).toMatchObject({ result: true });
  });

  it('is 96 levels for results, changes of the plan and requests to the host', async () => {
    const nested = (count: number) => ({
      names: { x: JSON.parse(levels(count)) },
      flow_plan: { slug: 'a', context: {} },
    });
    expect((await run('return x', nested(95))).error).toBeUndefined();
    expect(await run('return x', nested(96))).toMatchObject({ truth: false, error: limit });
    expect((await run('context["flow_plan"].context["x"] = x', nested(93))).error).toBeUndefined();
    expect((await run('context["flow_plan"].context["x"] = x', nested(94))).error).toBe(limit);
    expect((await run('ak_user_by(name=x)', nested(93))).error).toBeUndefined();
    expect((await run('ak_user_by(name=x)', nested(94))).error).toBe(limit);
  });
});

describe('the output limit', () => {
  it('refuses a result that is too large', async () => {
    expect((await run('return "x" * 2_000_000')).error).toBe('The result of the policy is too large.');
  });

  it('keeps the first 100 messages, each truncated to 1000 characters', async () => {
    const { messages } = await run('for _ in range(1000): ak_message("x" * 5000)');
    expect([messages.length, messages[0]?.length]).toEqual([100, 1000]);
  });

  it('discards printed text', async () => {
    const source = 'import sys\nprint("x" * 3_000_000)\nsys.stderr.write("x" * 3_000_000)\nreturn 1';
    expect(await run(source)).toMatchObject({ result: 1 });
  });
});

it('returns the right result to each of many concurrent evaluations', async () => {
  const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => run('return n * 2', { names: { n } })));
  expect(outcomes.map(({ result }) => result)).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
});

describe('a process that has exited', () => {
  it('is replaced while the other process serves', async () => {
    const before = children();
    const [served] = await Promise.all([run('return 1'), run('import os\nos.abort()')]);
    expect(served).toMatchObject({ result: 1 });
    expect(await run('return 2')).toMatchObject({ result: 2 });
    await interpreter.whenFull();
    const fresh = children().filter((pid) => !before.includes(pid));
    expect(fresh).toHaveLength(1);
  });
});

const children = () => readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
