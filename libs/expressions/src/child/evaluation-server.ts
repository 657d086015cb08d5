import { hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { Deadline } from './deadline.js';
import type { HostChannel } from './host-channel.js';
import type { LineChannel } from './line-channel.js';
import type { MemoryImages } from './memory-images.js';
import { type FunctionName, type PythonRuntime, StackOverflowError } from './python-runtime.js';

/** Values of the first byte of a reply from Python. It says in which state the interpreter is (see evaluation.py). */
const COMPILED = '+'.charCodeAt(0);
const RESTORE = '!'.charCodeAt(0);
const NOT_PURE = '~'.charCodeAt(0);

const PARENT_GONE_EXIT_CODE = 0;
const NO_REPLY_EXIT_CODE = 71;
/** The process is replaced when its memory has grown by this factor, because WebAssembly memory never shrinks. */
const MAX_MEMORY_GROWTH = 3;
const OVERFLOW = 'The data or the calls of the policy are nested too deeply.';
const OVERFLOW_RESULT = Buffer.from(`!${JSON.stringify({ error: OVERFLOW })}`);
const OVERFLOW_SYNTAX_ERROR = Buffer.from(`!${JSON.stringify({ line: 1, column: 1, message: OVERFLOW })}`);
const NEWLINE = Buffer.from('\n');
/** Largest total size of the entries of `EvaluationServer.impure`, in bytes. */
const MAX_IMPURE_BYTES = 8 * 2 ** 20;

interface Dependencies {
  readonly lines: LineChannel;
  readonly host: HostChannel;
  readonly deadline: Deadline;
  readonly runtime: PythonRuntime;
  readonly memory: MemoryImages;
}

/** Evaluates expressions one after the other, as the parent process requests, until that process exits. */
export class EvaluationServer {
  /**
   * Compiled sources that are not pure (purity.py), by the hash of their cache key. They are stored outside of Python,
   * because Python's memory is reset to its initial copy (`MemoryImages`) before each of them runs.
   */
  private readonly impure = new Map<string, Buffer>();
  private impureBytes = 0;

  constructor(private readonly dependencies: Dependencies) {}

  serve(): never {
    const { lines, deadline, host, memory } = this.dependencies;
    lines.send('!', Buffer.from('ready'));
    for (;;) {
      const [kind, ms] = this.line().toString().split(' ');
      deadline.start(Number(ms));
      const reply = kind === 'check' ? this.check(this.line()) : this.evaluate(this.line(), this.line(), this.line());
      deadline.stop();
      host.discardReply();
      lines.send(memory.growth > MAX_MEMORY_GROWTH ? 'x' : '=', reply.subarray(1));
    }
  }

  private check(source: Buffer): Buffer {
    this.dependencies.memory.useShared();
    return this.callShared('check', source);
  }

  private evaluate(...[key, input, plan]: [Buffer, Buffer, Buffer]): Buffer {
    const { memory } = this.dependencies;
    const id = hash('sha256', key, 'base64');
    let compiled = this.impure.get(id);
    if (!compiled) {
      memory.useShared();
      const reply = this.callShared('evaluate_pure', joinLines(key, input, plan));
      if (reply[0] !== NOT_PURE) return reply;
      compiled = reply.subarray(1);
      this.remember(id, compiled);
    }
    // The initial memory contains nothing of other evaluations.
    memory.useInitial();
    return this.call('evaluate_impure', joinLines(input, plan, compiled));
  }

  private remember(id: string, compiled: Buffer): void {
    if (this.impureBytes + compiled.length > MAX_IMPURE_BYTES) {
      this.impure.clear();
      this.impureBytes = 0;
    }
    this.impure.set(id, compiled);
    this.impureBytes += compiled.length;
  }

  /**
   * Calls a function in the shared memory. Resets that memory if the reply requests it or the function was interrupted.
   */
  private callShared(name: FunctionName, body: Buffer): Buffer {
    const { memory, deadline } = this.dependencies;
    const reply = this.call(name, body);
    if (reply[0] === RESTORE || deadline.wasInterrupted) memory.reset();
    else if (reply[0] === COMPILED) memory.markChanged();
    return reply;
  }

  private call(name: FunctionName, body: Buffer): Buffer {
    try {
      return this.dependencies.runtime.call(name, body) ?? exitWithoutReply();
    } catch (error) {
      if (!(error instanceof StackOverflowError)) throw error;
      return name === 'check' ? OVERFLOW_SYNTAX_ERROR : OVERFLOW_RESULT;
    } finally {
      this.dependencies.host.assertIdle();
    }
  }

  private line(): Buffer {
    return this.dependencies.lines.next() ?? process.exit(PARENT_GONE_EXIT_CODE);
  }
}

function exitWithoutReply(): never {
  writeSync(2, 'Python returned neither a result nor an error.\n');
  process.exit(NO_REPLY_EXIT_CODE);
}

const joinLines = (...[first, second, third]: [Buffer, Buffer, Buffer]) =>
  Buffer.concat([first, NEWLINE, second, NEWLINE, third]);
