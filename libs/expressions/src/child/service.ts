import { writeSync } from 'node:fs';
import type { Deadline } from './deadline.js';
import type { Host } from './host.js';
import type { Lines } from './lines.js';
import type { PythonMemory } from './python-memory.js';
import type { FunctionName, PythonRuntime } from './python-runtime.js';

/** What Python says first in an answer: what became of the interpreter. */
const COMPILED = '+'.charCodeAt(0);
const UNDO = '!'.charCodeAt(0);
const NOT_PLAIN = '~'.charCodeAt(0);

const PARENT_GONE = 0;
const SILENT = 71;
/** A process whose memory grew so many times over is replaced: memory is never given back. */
const WORN_OUT_AT = 3;
const NEWLINE = Buffer.from('\n');

interface Parts {
  readonly lines: Lines;
  readonly host: Host;
  readonly deadline: Deadline;
  readonly runtime: PythonRuntime;
  readonly memory: PythonMemory;
}

/** Serves one question after the other, for as long as the parent is there. */
export class Service {
  constructor(private readonly parts: Parts) {}

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
      lines.send(memory.growth > WORN_OUT_AT ? 'x' : '=', answer.subarray(1));
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
    if (answer[0] === COMPILED || (answer[0] === NOT_PLAIN && answer[1] === COMPILED)) memory.gained();
    if (answer[0] === NOT_PLAIN) {
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
    return this.parts.lines.next() ?? process.exit(PARENT_GONE);
  }
}

function silent(): never {
  writeSync(2, 'Python did not even fail.\n');
  process.exit(SILENT);
}
