import { writeSync } from 'node:fs';
import type { Deadline } from './deadline.js';
import type { HostChannel } from './host-channel.js';
import type { LineChannel } from './line-channel.js';
import type { MemorySnapshot } from './memory-snapshot.js';
import type { FunctionName, PythonRuntime } from './python-runtime.js';

/** The first byte of a reply from Python: the state of the interpreter (see evaluation.py). */
const COMPILED = '+'.charCodeAt(0);
const RESTORE = '!'.charCodeAt(0);
const NOT_PURE = '~'.charCodeAt(0);

const PARENT_GONE_EXIT_CODE = 0;
const NO_REPLY_EXIT_CODE = 71;
/** A process is replaced when its memory has grown by this factor, because WebAssembly memory never shrinks. */
const MAX_MEMORY_GROWTH = 3;
const NEWLINE = Buffer.from('\n');

interface Dependencies {
  readonly lines: LineChannel;
  readonly host: HostChannel;
  readonly deadline: Deadline;
  readonly runtime: PythonRuntime;
  readonly memory: MemorySnapshot;
}

/** Handles one request after the other until the parent process exits. */
export class EvaluationServer {
  constructor(private readonly dependencies: Dependencies) {}

  serve(): never {
    const { lines, deadline, host, memory } = this.dependencies;
    lines.send('!', Buffer.from('ready'));
    for (;;) {
      const [kind, ms] = this.line().toString().split(' ');
      const body = kind === 'check' ? this.line() : this.threeLines();
      deadline.start(Number(ms));
      const reply = kind === 'check' ? this.check(body) : this.evaluate(body);
      deadline.stop();
      host.discardReply();
      lines.send(memory.growth > MAX_MEMORY_GROWTH ? 'x' : '=', reply.subarray(1));
    }
  }

  private check(body: Buffer): Buffer {
    const reply = this.call('check', body);
    if (reply[0] === RESTORE) this.dependencies.memory.restore();
    return reply;
  }

  /** Evaluates a source. The memory is saved before an impure source and restored after it. */
  private evaluate(body: Buffer): Buffer {
    const { memory } = this.dependencies;
    let reply = this.call('evaluate_pure', body);
    if (reply[0] === COMPILED || (reply[0] === NOT_PURE && reply[1] === COMPILED)) memory.markChanged();
    if (reply[0] === NOT_PURE) {
      memory.save();
      reply = this.call('evaluate_impure', body);
      // The memory is restored whatever the reply says: an impure source may have replaced the functions that make the
      // reply.
      memory.restore();
    } else if (reply[0] === RESTORE) memory.restore();
    return reply;
  }

  private call(name: FunctionName, body: Buffer): Buffer {
    return this.dependencies.runtime.call(name, body) ?? exitWithoutReply();
  }

  private threeLines(): Buffer {
    return Buffer.concat([this.line(), NEWLINE, this.line(), NEWLINE, this.line()]);
  }

  private line(): Buffer {
    return this.dependencies.lines.next() ?? process.exit(PARENT_GONE_EXIT_CODE);
  }
}

function exitWithoutReply(): never {
  writeSync(2, 'Python returned neither a result nor an error.\n');
  process.exit(NO_REPLY_EXIT_CODE);
}
