import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from './deadline.js';
import { HostChannel } from './host-channel.js';
import { ImportGuard } from './import-guard.js';
import { LineChannel } from './line-channel.js';

const MB = 2 ** 20;
const I32 = 0x7f;
const { instantiate } = WebAssembly;

/** Names of the calls that reached the real functions, in order. */
let reached: string[];
let sent: string;
let exported: WebAssembly.Exports;
let guard: ImportGuard;

const NAMES = [
  ...['fd_read', 'fd_write', 'fd_close', 'fd_seek', '__syscall_openat', '__syscall_fcntl64', 'emscripten_resize_heap'],
  ...['__syscall_socket', '__syscall_mkdirat', 'fd_pwrite', 'getaddrinfo', '_emscripten_system'],
];

beforeEach(async () => {
  [reached, sent] = [[], ''];
  const reply = Buffer.from('reply\n');
  const lines = new LineChannel(
    (buffer) => reply.copy(buffer),
    (bytes) => {
      sent += Buffer.from(bytes).toString();
      return bytes.length;
    },
  );
  guard = new ImportGuard(new HostChannel(lines, new Deadline()), MB);
  Object.assign(WebAssembly, { instantiate });
  // Node.js 20 does not have these two functions.
  Object.assign(WebAssembly, { Suspending: class {}, promising: () => undefined });
  guard.install();
  const env = Object.fromEntries(NAMES.map((name) => [name, () => reached.push(name) && 77]));
  ({ exports: exported } = (await WebAssembly.instantiate(moduleOf(NAMES), { env })).instance);
});
afterAll(() => void Object.assign(WebAssembly, { instantiate }));

/** Returns a WebAssembly module that imports functions with four number parameters, and exports them and its memory. */
function moduleOf(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const section = (id: number, items: readonly number[][]) => {
    const body = [items.length, ...items.flat()];
    return [id, (body.length & 0x7f) | 0x80, body.length >> 7, ...body];
  };
  return Uint8Array.from([
    ...[0, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, [[0x60, 4, I32, I32, I32, I32, 1, I32]]),
    ...section(
      2,
      names.map((name) => [...text('env'), ...text(name), 0, 0]),
    ),
    ...section(5, [[0, 1]]),
    ...section(7, [[...text('memory'), 2, 0], ...names.map((name, index) => [...text(name), 0, index])]),
  ]);
}

const call = (name: string, ...args: number[]) => (exported[name] as (...args: number[]) => number)(...args);
const memory = () => new DataView((exported['memory'] as WebAssembly.Memory).buffer);
/**
 * Writes a text to address 100, and an I/O vector for it to address 0. Returns the arguments for `fd_read` or
 * `fd_write`.
 */
function vectorOf(text: string): [number, number, number] {
  new Uint8Array(memory().buffer).set(Buffer.from(text), 100);
  memory().setUint32(0, 100, true);
  memory().setUint32(4, text.length, true);
  return [0, 1, 50];
}

it('the guard lets the interpreter call every function while the interpreter is being loaded', () => {
  for (const name of NAMES) expect(call(name, 1, 4, 0o102, 0)).toBe(77);
  expect(reached).toEqual(NAMES);
});

describe('once the interpreter is loaded, the guard', () => {
  beforeEach(() => guard.close());

  it.each([
    ['__syscall_socket', -63],
    ['__syscall_mkdirat', -69],
    ['fd_pwrite', 63],
    ['getaddrinfo', -4],
    ['_emscripten_system', -52],
  ])('refuses a call of %s', (name, code) => {
    expect([call(name, 0, 0, 0, 0), reached]).toEqual([code, []]);
  });

  it.each([0o1, 0o2, 0o3, 0o100, 0o1000, 0o1101])('refuses to open a file with the flags %o', (flags) => {
    expect([call('__syscall_openat', 0, 0, flags, 0), reached]).toEqual([-69, []]);
  });

  it('opens files for reading, and closes them', () => {
    expect([call('__syscall_openat', 0, 0, 0o2000000, 0), call('fd_close', 3, 0, 0, 0)]).toEqual([77, 77]);
  });

  it('refuses to close descriptors 0 to 2, and to set flags of a descriptor', () => {
    expect([0, 1, 2].map((descriptor) => call('fd_close', descriptor, 0, 0, 0))).toEqual([8, 8, 8]);
    expect([call('__syscall_fcntl64', 0, 4, 0, 0), reached]).toEqual([-69, []]);
    expect(call('__syscall_fcntl64', 0, 3, 0, 0)).toBe(77);
  });

  it('discards output to descriptor 1, sends output to descriptor 2 to the parent, and refuses other writes', () => {
    const args = vectorOf('["a", 1]');
    expect([call('fd_write', 0, ...args), call('fd_write', 3, ...args)]).toEqual([8, 8]);
    expect([call('fd_write', 1, ...args), memory().getUint32(50, true), sent]).toEqual([0, 8, '']);
    expect([call('fd_write', 2, ...args), sent, reached]).toEqual([0, '?["a", 1]\n', []]);
  });

  it('sends a request that contains a newline as one line', () => {
    call('fd_write', 2, ...vectorOf('a\nb'));
    expect(sent).toBe('?a b\n');
  });

  it('reads the reply of the parent from descriptor 0, and files from other descriptors', () => {
    call('fd_write', 2, ...vectorOf('["a", 1]'));
    call('fd_read', 0, ...vectorOf('xxxxxxxx'));
    expect(memory().getUint32(50, true)).toBe(5);
    expect(Buffer.from(memory().buffer, 100, 8).toString()).toBe('replyxxx');
    expect([call('fd_read', 4, 0, 0, 0), reached]).toEqual([77, ['fd_read']]);
  });

  it('lets memory grow up to its limit', () => {
    expect([call('emscripten_resize_heap', MB, 0, 0, 0), call('emscripten_resize_heap', MB + 1, 0, 0, 0)]).toEqual([
      77, 0,
    ]);
    expect(call('emscripten_resize_heap', -1, 0, 0, 0)).toBe(0);
  });

  it('has removed the WebAssembly functions for suspension', () => {
    expect([Reflect.has(WebAssembly, 'Suspending'), Reflect.has(WebAssembly, 'promising')]).toEqual([false, false]);
  });
});
