import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { Interpreter } from './index.js';

let interpreter: Interpreter;
let server: Server;
let folder: string;
let connections = 0;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-secret-'));
  writeFileSync(join(folder, 'secret'), 'of the host');
  process.env.GATEHOUSE_TEST_SECRET = 'of the host';
  server = createServer(() => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  interpreter = await Interpreter.start({ memoryMb: 128, spares: 0 });
});
// Many of these attacks end the process that runs them, so wait until it is replaced.
beforeEach(() => interpreter.whenFull());
afterAll(async () => {
  delete process.env.GATEHOUSE_TEST_SECRET;
  rmSync(folder, { recursive: true });
  server.close();
  await interpreter.close();
});

/**
 * Python code that lists all classes of the interpreter, by which an attacker would look for Pyodide's bridge to
 * JavaScript.
 */
const CLASSES = `
seen, todo = set(), [object]
while todo:
    for kind in type.__subclasses__(todo.pop()):
        if kind not in seen:
            seen.add(kind)
            todo.append(kind)
`;
/**
 * Python code that gets access to Pyodide's bridge to JavaScript again. Even then, the import guard must stop an
 * attack.
 */
const BRIDGE = 'import sys\nsys.modules.pop("_pyodide_core")\nimport _pyodide_core as core\n';

describe('the sandbox', () => {
  it.each([
    ['files', 'return open(SECRET).read()', 'No such file'],
    ['files through the C library', 'import os\nreturn os.read(os.open(SECRET, 0), 9)', 'No such file'],
    ['writing files', 'open("/tmp/x", "w")', 'Read-only'],
    ['making folders', 'import os\nos.mkdir("/tmp/x")', 'Read-only'],
    ['processes', 'import subprocess\nsubprocess.run(["id"])', 'does not support processes'],
    ['a shell', 'import os\nif os.system("id") == 0: return "out"\nraise Exception("no shell")', 'no shell'],
    ['forks', 'import os\nos.fork()', 'not implemented'],
    ['sockets', 'import socket\nsocket.socket()', 'not permitted'],
    ['a connection', 'import socket\nsocket.create_connection(("127.0.0.1", PORT))', 'Non-recoverable|not permitted'],
    ['HTTP requests', 'import urllib.request\nurllib.request.urlopen(f"http://127.0.0.1:{PORT}/")', 'error'],
    ['host name lookups', 'import socket\nsocket.gethostbyname("localhost")', 'Non-recoverable'],
    ['JavaScript', 'import js', 'halted'],
    ['JavaScript through run_js', 'from pyodide.code import run_js', 'halted'],
    ['Pyodide', 'import pyodide_js', 'halted'],
    ['the core of Pyodide', 'import _pyodide_core', 'halted'],
    ['foreign functions', 'import ctypes', 'halted'],
    ['JavaScript through a reloaded bridge', `${BRIDGE}return str(core.to_js([1]))`, 'forbidden function'],
    ['JavaScript through a proxy of a function', `${BRIDGE}return str(core.create_proxy(len))`, 'forbidden function'],
    [
      'foreign functions after a reload',
      'import sys\ndel sys.modules["ctypes"], sys.modules["_ctypes"]\nimport ctypes\nreturn str(ctypes.pythonapi)',
      'forbidden function',
    ],
    ['exiting the process', 'import os\nos._exit(0)', 'forbidden function'],
    ['crashing', 'import os\nos.abort()', 'forbidden function'],
    [
      'JavaScript through the classes of the bridge',
      `${CLASSES}
for kind in seen:
    for method in list(vars(kind).values()):
        bridge = getattr(method, "__globals__", {}).get("create_once_callable")
        if type(bridge) is type(len):
            return str(bridge(len).constructor)`,
      'forbidden function',
    ],
  ])('blocks %s (accident 16)', async (_, source, error) => {
    const names = { SECRET: join(folder, 'secret'), PORT: portOf(server) };
    const outcome = await run(source, { names });
    expect(outcome).toMatchObject({ result: null, truth: false });
    expect(outcome.error).toMatch(new RegExp(error));
    expect(connections).toBe(0);
  });

  it('exposes no environment variables, arguments or files of the host (accident 16)', async () => {
    const source = 'import os, sys\nreturn [dict(os.environ), sys.argv, sorted(os.listdir("/")), os.listdir("/dev")]';
    const { result } = await run(source);
    expect(result).toEqual([{}, [''], ['dev', 'gatehouse', 'home', 'lib', 'proc', 'tmp'], ['shm']]);
  });
});

it('leaves no finder of JavaScript modules in Python (accident 16)', async () => {
  const { result } = await run('import sys\nreturn [type(finder).__module__ for finder in sys.meta_path]');
  expect(result).not.toEqual([]);
  expect(JSON.stringify(result)).not.toContain('pyodide');
});

describe('an evaluation cannot influence the next one', () => {
  const LEAKS = [
    ['builtins', 'import builtins\nbuiltins.len = lambda x: 99', 'len([])', 0],
    ['a shared function', 'regex_match.secret = 1', 'hasattr(regex_match, "secret")', false],
    ['the globals of a shared function', 'regex_match.__globals__["re"] = None', 'regex_match("a", "a")', true],
    ['the class of users', 'type(request.user).username = "root"', 'request.user.username', ''],
    ['a module', 'import math\nmath.pi = 3', '__import__("math").pi > 3.1', true],
    ['sys.modules', 'import sys\nsys.modules["json"] = None', '__import__("json").dumps(1)', '1'],
    ['a global variable', 'global leaked\nleaked = 1', '"leaked" in globals()', false],
    ['the environment', 'import os\nos.environ["A"] = "1"', '__import__("os").environ.get("A")', null],
    [
      'an open file',
      'import os\nos.open("/gatehouse/functions.py", 0)',
      '__import__("os").open("/gatehouse/functions.py", 0)',
      3,
    ],
    [
      'the functions of another module',
      'from authentik.core.models import records\nrecords.Record.as_json(records)["left"] = True',
      '__import__("sys").modules["records"].__dict__.get("left")',
      null,
    ],
    ['the frame of a generator', '(x for x in [1]).gi_frame.f_builtins["len"] = None', 'len([])', 0],
    [
      'the evaluation module',
      'import sys\nsys.modules["evaluation"]._failure = sys.modules["evaluation"]._outcome = lambda *a: b"{}"',
      '1',
      1,
    ],
    [
      'an interpreter hook',
      'import sys\nsys.settrace(lambda *a: None)\nsys.setrecursionlimit(5000)',
      '__import__("sys").gettrace()',
      null,
    ],
  ] as const;

  it.each(LEAKS)('through %s', async (...[, tamper, probe, result]) => {
    await run(tamper);
    expect(await run(`return ${probe}`)).toMatchObject({ result });
  });

  it('through the random generator: each draws different numbers', async () => {
    const draw = () => run('import random\nreturn random.random()');
    expect((await draw()).result).not.toBe((await draw()).result);
  });
});

describe('an expression that writes its own reply', () => {
  /**
   * Returns Python code that replaces the function that encodes the result. `reply` is Python code whose value is
   * bytes.
   */
  const forge = (reply: string) => `
import sys
evaluation = sys.modules["evaluation"]
evaluation.check_depth = lambda data: None
evaluation._MAX_OUTCOME = 1 << 30
evaluation._strict = lambda outcome: ${reply}
return 1`;

  // The second line is long, so that it arrives only after the process has got its next task.
  it('gives no result for the next expression', async () => {
    await run(forge(`b'{"result": 1}\\n={"result": "forged", "truth": true}' + b" " * 1_000_000`)).catch(() => {});
    const results = await Promise.all([2, 3, 4].map(async (n) => (await run('return n', { names: { n } })).result));
    expect(results).toEqual([2, 3, 4]);
  });

  it.each(['b"{"', 'b"null"', 'b"1"', 'b"[1]"', `b'{"messages": 1}'`, `b'{"context": {"set": 1}}'`])(
    'gets an error for %s',
    async (reply) => {
      expect(await run(forge(reply))).toMatchObject({ truth: false, error: 'The result of the policy is malformed.' });
    },
  );
});

const portOf = (listening: Server) => {
  const address = listening.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
};
