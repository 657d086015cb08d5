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
  interpreter = await Interpreter.start({ memoryMb: 128 });
});
// Many attempts cost their process.
beforeEach(() => interpreter.complete());
afterAll(async () => {
  delete process.env.GATEHOUSE_TEST_SECRET;
  rmSync(folder, { recursive: true });
  server.close();
  await interpreter.close();
});

/** The bridge to JavaScript as a hostile source finds it again: the seal must hold even then. */
const CLASSES = `
seen, todo = set(), [object]
while todo:
    for kind in type.__subclasses__(todo.pop()):
        if kind not in seen:
            seen.add(kind)
            todo.append(kind)
`;
const BRIDGE = 'import sys\nsys.modules.pop("_pyodide_core")\nimport _pyodide_core as core\n';

describe('the way out', () => {
  it.each([
    ['files', 'return open(SECRET).read()', 'No such file'],
    ['files, through the C library', 'import os\nreturn os.read(os.open(SECRET, 0), 9)', 'No such file'],
    ['writing files', 'open("/tmp/x", "w")', 'Read-only'],
    ['making folders', 'import os\nos.mkdir("/tmp/x")', 'Read-only'],
    ['processes', 'import subprocess\nsubprocess.run(["id"])', 'does not support processes'],
    ['a shell', 'import os\nif os.system("id") == 0: return "out"\nraise Exception("no shell")', 'no shell'],
    ['forks', 'import os\nos.fork()', 'not implemented'],
    ['sockets', 'import socket\nsocket.socket()', 'not permitted'],
    ['a connection', 'import socket\nsocket.create_connection(("127.0.0.1", PORT))', 'Non-recoverable|not permitted'],
    ['a page', 'import urllib.request\nurllib.request.urlopen(f"http://127.0.0.1:{PORT}/")', 'error'],
    ['names of hosts', 'import socket\nsocket.gethostbyname("localhost")', 'Non-recoverable'],
    ['JavaScript', 'import js', 'halted'],
    ['JavaScript, by its functions', 'from pyodide.code import run_js', 'halted'],
    ['Pyodide', 'import pyodide_js', 'halted'],
    ['its core', 'import _pyodide_core', 'halted'],
    ['foreign functions', 'import ctypes', 'halted'],
    ['JavaScript, over a bridge loaded again', `${BRIDGE}return str(core.to_js([1]))`, 'reached for'],
    ['JavaScript, by a function of ours', `${BRIDGE}return str(core.create_proxy(len))`, 'reached for'],
    [
      'foreign functions loaded again',
      'import sys\ndel sys.modules["ctypes"], sys.modules["_ctypes"]\nimport ctypes\nreturn str(ctypes.pythonapi)',
      'reached for',
    ],
    ['the program itself', 'import os\nos._exit(0)', 'reached for'],
    ['crashing', 'import os\nos.abort()', 'reached for'],
    [
      'JavaScript, through the classes of its bridge',
      `${CLASSES}
for kind in seen:
    for method in list(vars(kind).values()):
        bridge = getattr(method, "__globals__", {}).get("create_once_callable")
        if type(bridge) is type(len):
            return str(bridge(len).constructor)`,
      'reached for',
    ],
  ])('is closed to %s', async (_, source, error) => {
    const names = { SECRET: join(folder, 'secret'), PORT: portOf(server) };
    const outcome = await run(source, { names });
    expect(outcome).toMatchObject({ result: null, truth: false });
    expect(outcome.error).toMatch(new RegExp(error));
    expect(connections).toBe(0);
  });

  it('shows nothing of the host: no environment, no arguments, no files but its own', async () => {
    const source = 'import os, sys\nreturn [dict(os.environ), sys.argv, sorted(os.listdir("/"))]';
    const { result } = await run(source);
    expect(result).toEqual([{}, [''], ['dev', 'gatehouse', 'home', 'lib', 'proc', 'tmp']]);
  });
});

describe('one evaluation leaves nothing to the next', () => {
  const LEAKS = [
    ['builtins', 'import builtins\nbuiltins.len = lambda x: 99', 'len([])', 0],
    ['a function that all are given', 'regex_match.secret = 1', 'hasattr(regex_match, "secret")', false],
    ['the globals of such a function', 'regex_match.__globals__["re"] = None', 'regex_match("a", "a")', true],
    ['the class of users', 'type(request.user).username = "root"', 'request.user.username', ''],
    ['a module', 'import math\nmath.pi = 3', '__import__("math").pi > 3.1', true],
    ['the table of modules', 'import sys\nsys.modules["json"] = None', '__import__("json").dumps(1)', '1'],
    ['a name of its own', 'global kept\nkept = 1', '"kept" in globals()', false],
    ['the environment', 'import os\nos.environ["A"] = "1"', '__import__("os").environ.get("A")', null],
    [
      'an open file',
      'import os\nos.open("/gatehouse/names.py", 0)',
      '__import__("os").open("/gatehouse/names.py", 0)',
      3,
    ],
    ['the frame of a generator', '(x for x in [1]).gi_frame.f_builtins["len"] = None', 'len([])', 0],
    [
      'what runs evaluations',
      'import sys\nsys.modules["evaluation"]._failure = sys.modules["evaluation"]._outcome = lambda *a: b"{}"',
      '1',
      1,
    ],
    [
      'a hook',
      'import sys\nsys.settrace(lambda *a: None)\nsys.setrecursionlimit(5000)',
      '__import__("sys").gettrace()',
      null,
    ],
  ] as const;

  it.each(LEAKS)('through %s', async (...[, tamper, probe, result]) => {
    await run(tamper);
    expect(await run(`return ${probe}`)).toMatchObject({ result });
  });

  it('but chance is another one each time', async () => {
    const draw = () => run('import random\nreturn random.random()');
    expect((await draw()).result).not.toBe((await draw()).result);
  });
});

const portOf = (listening: Server) => {
  const address = listening.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
};
