import { writeSync } from 'node:fs';
import type { HostChannel } from './host-channel.js';
import { ALLOWED_IMPORTS, DENIED_IMPORTS, FILE_SYSTEM, READ_ONLY_IMPORTS } from './imports.js';

type Import = (...args: number[]) => number;
type Imports = WebAssembly.Imports;

/** Ends this process: code that got here is not worth going on with. */
const ABORT_CODE = 70;
const NOT_OPEN = 8;
const WRITES = 0o3 | 0o100 | 0o1000;
const PRINTED = 1;
const HOST_REQUEST_FD = 2;

/** A function that suspends Python is an object that could not be guarded, and nothing here waits. */
export function disableSuspension(): void {
  Reflect.deleteProperty(WebAssembly, 'Suspending');
  Reflect.deleteProperty(WebAssembly, 'promising');
}

/**
 * The functions that Python's machine code may call are all there is between an expression and this process. Once
 * closed, they are the harmless ones: no files but Python's own, no sockets, and no way to JavaScript at all.
 */
export class ImportGuard {
  private closed = false;
  private buffer: (() => ArrayBuffer) | undefined;

  constructor(
    private readonly host: HostChannel,
    private readonly memoryLimit: number,
  ) {}

  /** Must come before the interpreter is loaded. */
  install(): void {
    const { instantiate } = WebAssembly;
    const guarded = async (source: WebAssembly.Module, imports: Imports = {}) => {
      const made = await instantiate(source, this.guarded(imports));
      // Bytes come back with their module, a module comes back as an instance.
      const instance: WebAssembly.Instance = Reflect.get(made, 'instance') ?? made;
      const { memory } = instance.exports;
      if (memory instanceof WebAssembly.Memory) this.buffer ??= () => memory.buffer;
      return made;
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
          const found = Reflect.get(target, name);
          return typeof found === 'function' ? this.guard(String(name), found as Import) : found;
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
    const special = this.special(real)[name];
    return special ?? (() => this.giveUp(name));
  }

  private giveUp(name: string): never {
    writeSync(2, `An expression reached for ${name}.\n`);
    process.exit(ABORT_CODE);
  }

  private special(real: Import): Record<string, Import> {
    return {
      __syscall_openat: (...args) => (((args[2] ?? 0) & WRITES) === 0 ? real(...args) : FILE_SYSTEM.readOnly),
      fd_close: (...args) => ((args[0] ?? 0) > HOST_REQUEST_FD ? real(...args) : NOT_OPEN),
      fd_read: (...args) => (args[0] === 0 ? this.read(args) : real(...args)),
      fd_write: (...args) => this.write(args),
      emscripten_resize_heap: (...args) => ((args[0] ?? 0) >>> 0 > this.memoryLimit ? 0 : real(...args)),
    };
  }

  private read([, vectors = 0, count = 0, result = 0]: number[]): number {
    let total = 0;
    for (const space of this.spaces(vectors, count)) {
      const taken = this.host.take(space.length);
      space.set(taken);
      total += taken.length;
    }
    return this.tell(result, total);
  }

  private write([descriptor = -1, vectors = 0, count = 0, result = 0]: number[]): number {
    if (descriptor !== PRINTED && descriptor !== HOST_REQUEST_FD) return NOT_OPEN;
    const written = Buffer.concat(this.spaces(vectors, count));
    if (descriptor === HOST_REQUEST_FD) this.host.ask(written);
    return this.tell(result, written.length);
  }

  private spaces(vectors: number, count: number): Uint8Array[] {
    const memory = new DataView(this.memory());
    return Array.from({ length: count }, (_, index) => {
      const at = (vectors >>> 0) + index * 8;
      return new Uint8Array(this.memory(), memory.getUint32(at, true), memory.getUint32(at + 4, true));
    });
  }

  private tell(result: number, count: number): number {
    new DataView(this.memory()).setUint32(result >>> 0, count, true);
    return 0;
  }

  private memory(): ArrayBuffer {
    if (!this.buffer) throw new Error('there is no memory before the interpreter is loaded');
    return this.buffer();
  }
}
