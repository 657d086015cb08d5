import { writeSync } from 'node:fs';
import type { HostChannel } from './host-channel.js';
import { ALLOWED_IMPORTS, DENIED_IMPORTS, FILE_SYSTEM, READ_ONLY_IMPORTS } from './imports.js';
import { releaseMemory } from './release-memory.js';

type Import = (...args: number[]) => number;
type Imports = WebAssembly.Imports;

/** Exit code of this process after Python has called a forbidden function. */
const FORBIDDEN_CALL_EXIT_CODE = 70;
const BAD_DESCRIPTOR = 8;
/**
 * The fcntl command that sets flags of a file descriptor. It is refused, because the flags of descriptors 0 to 2 stay
 * after an evaluation, so that later evaluations could read them.
 */
const F_SETFL = 4;
const WRITE_FLAGS = 0o3 | 0o100 | 0o1000;
const STDOUT = 1;
const HOST_REQUEST_FD = 2;

/**
 * Removes WebAssembly's JavaScript Promise Integration, which nothing here uses: ImportGuard cannot wrap functions that
 * suspend.
 */
export function disableSuspension(): void {
  Reflect.deleteProperty(WebAssembly, 'Suspending');
  Reflect.deleteProperty(WebAssembly, 'promising');
}

/**
 * Wraps the functions that Python's WebAssembly module imports. They are Python's only access to this process. Once the
 * guard is closed, it allows only harmless ones: no files except Python's own, no sockets, no JavaScript.
 */
export class ImportGuard {
  private closed = false;
  private buffer: (() => ArrayBuffer) | undefined;

  constructor(
    private readonly host: HostChannel,
    private readonly memoryLimit: number,
  ) {}

  /** Wraps WebAssembly.instantiate. Must be called before the interpreter is loaded. */
  install(): void {
    const { instantiate } = WebAssembly;
    const guarded = async (source: WebAssembly.Module, imports: Imports = {}) => {
      const result = await instantiate(source, this.guarded(imports));
      // WebAssembly.instantiate returns a module and an instance if it gets bytes, but only an instance if it gets a
      // module.
      const instance: WebAssembly.Instance = Reflect.get(result, 'instance') ?? result;
      const { memory } = instance.exports;
      if (memory instanceof WebAssembly.Memory) this.buffer ??= () => memory.buffer;
      // V8 has copied the bytes, so this buffer is not needed any more.
      if (ArrayBuffer.isView(source)) await releaseMemory(source.buffer);
      return result;
    };
    Object.assign(WebAssembly, { instantiate: guarded });
    disableSuspension();
  }

  close(): void {
    this.closed = true;
  }

  private guarded(imports: Imports): Imports {
    const guard = (module: WebAssembly.ModuleImports) =>
      new Proxy(module, {
        get: (target, name) => {
          const member = Reflect.get(target, name);
          return typeof member === 'function' ? this.guard(String(name), member as Import) : member;
        },
      });
    return Object.fromEntries(
      Object.entries(imports).map(([name, module]) => [name, name.startsWith('GOT.') ? module : guard(module)]),
    );
  }

  private guard(name: string, real: Import): Import {
    if (ALLOWED_IMPORTS.has(name)) return real;
    const closed = this.whenClosed(name, real);
    return (...args) => (this.closed ? closed(...args) : real(...args));
  }

  private whenClosed(name: string, real: Import): Import {
    const refusal = DENIED_IMPORTS.get(name) ?? (READ_ONLY_IMPORTS.has(name) ? FILE_SYSTEM.readOnly : undefined);
    if (refusal !== undefined) return () => refusal;
    const restricted = this.restricted(real)[name];
    return restricted ?? (() => this.exitOnForbiddenCall(name));
  }

  private exitOnForbiddenCall(name: string): never {
    writeSync(2, `An expression called the forbidden function ${name}.\n`);
    process.exit(FORBIDDEN_CALL_EXIT_CODE);
  }

  private restricted(real: Import): Record<string, Import> {
    return {
      __syscall_openat: (...args) => (((args[2] ?? 0) & WRITE_FLAGS) === 0 ? real(...args) : FILE_SYSTEM.readOnly),
      __syscall_fcntl64: (...args) => (args[1] === F_SETFL ? FILE_SYSTEM.readOnly : real(...args)),
      fd_close: (...args) => ((args[0] ?? 0) > HOST_REQUEST_FD ? real(...args) : BAD_DESCRIPTOR),
      fd_read: (...args) => (args[0] === 0 ? this.read(args) : real(...args)),
      fd_write: (...args) => this.write(args),
      emscripten_resize_heap: (...args) => ((args[0] ?? 0) >>> 0 > this.memoryLimit ? 0 : real(...args)),
    };
  }

  private read([, vectors = 0, count = 0, result = 0]: number[]): number {
    let total = 0;
    for (const buffer of this.buffers(vectors, count)) {
      const chunk = this.host.take(buffer.length);
      buffer.set(chunk);
      total += chunk.length;
    }
    return this.storeCount(result, total);
  }

  private write([descriptor = -1, vectors = 0, count = 0, result = 0]: number[]): number {
    if (descriptor !== STDOUT && descriptor !== HOST_REQUEST_FD) return BAD_DESCRIPTOR;
    const written = Buffer.concat(this.buffers(vectors, count));
    if (descriptor === HOST_REQUEST_FD) this.host.ask(written);
    return this.storeCount(result, written.length);
  }

  private buffers(vectors: number, count: number): Uint8Array[] {
    const memory = new DataView(this.memory());
    return Array.from({ length: count }, (_, index) => {
      const at = (vectors >>> 0) + index * 8;
      return new Uint8Array(this.memory(), memory.getUint32(at, true), memory.getUint32(at + 4, true));
    });
  }

  private storeCount(result: number, count: number): number {
    new DataView(this.memory()).setUint32(result >>> 0, count, true);
    return 0;
  }

  private memory(): ArrayBuffer {
    if (!this.buffer) throw new Error('the memory of the interpreter is not available before it is loaded');
    return this.buffer();
  }
}
