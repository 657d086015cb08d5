import { writeSync } from 'node:fs';
import type { Deadline } from './deadline.js';
import type { HostChannel } from './host-channel.js';
import type { LineChannel } from './line-channel.js';
import type { MemorySnapshot } from './memory-snapshot.js';
import type { FunctionName, PythonRuntime } from './python-runtime.js';

/** What Python says first in an answer: what became of the interpreter. */
const COMPILED = '+'.charCodeAt(0);
const UNDO = '!'.charCodeAt(0);
const NOT_PURE = '~'.charCodeAt(0);

const PARENT_EXITED = 0;
const NO_ANSWER_CODE = 71;
/** A process whose memory grew so many times over is replaced: memory is never given back. */
const MAX_MEMORY_GROWTH = 3;
const NEWLINE = Buffer.from('\n');

interface Dependencies {
  readonly lines: LineChannel;
  readonly host: HostChannel;
  readonly deadline: Deadline;
  readonly runtime: PythonRuntime;
  readonly memory: MemorySnapshot;
}

/** Serves one question after the other, for as long as the parent is there. */
export class EvaluationServer {
  constructor(private readonly parts: Dependencies) {}

  serve(): never {
    const { lines, deadline, host, memory } = this.parts;
    lines.send('!', Buffer.from('ready'));
    for (;;) {
      const [kind, ms] = this.line().toString().split(' ');
      const body = kind === 'check' ? this.line() : this.threeLines();
      deadline.start(Number(ms));
      const answer = kind === 'check' ? this.check(body) : this.evaluate(body);
      deadline.stop();
      host.forget();
      lines.send(memory.growth > MAX_MEMORY_GROWTH ? 'x' : '=', answer.subarray(1));
    }
  }

  private check(body: Buffer): Buffer {
    const answer = this.call('check', body);
    if (answer[0] === UNDO) this.parts.memory.restore();
    return answer;
  }

  /** A source that is not plain runs on a state that is kept and put back. */
  private evaluate(body: Buffer): Buffer {
    const { memory } = this.parts;
    let answer = this.call('evaluate_plain', body);
    if (answer[0] === COMPILED || (answer[0] === NOT_PURE && answer[1] === COMPILED)) memory.gained();
    if (answer[0] === NOT_PURE) {
      memory.keep();
      answer = this.call('evaluate_any', body);
      // Whatever it says of itself.
      memory.restore();
    } else if (answer[0] === UNDO) memory.restore();
    return answer;
  }

  private call(name: FunctionName, body: Buffer): Buffer {
    return this.parts.runtime.call(name, body) ?? silent();
  }

  private threeLines(): Buffer {
    return Buffer.concat([this.line(), NEWLINE, this.line(), NEWLINE, this.line()]);
  }

  private line(): Buffer {
    return this.parts.lines.next() ?? process.exit(PARENT_EXITED);
  }
}

function silent(): never {
  writeSync(2, 'Python did not even fail.\n');
  process.exit(NO_ANSWER_CODE);
}
