import type { Deadline } from './deadline.js';
import type { LineChannel } from './line-channel.js';

const SLEEP = '["sleep", ';
const NOTHING = Buffer.from('{}');
const REQUEST_TOO_LONG = Buffer.from('{"error":"The question is too long."}');
const TIME_EXPIRED = Buffer.from('{"error":"The time for the policy is over."}');
const REQUEST_LIMIT = 262_144;

/** Answers what Python asks while it runs: written to one descriptor, read back from another. */
export class HostChannel {
  private answer: Uint8Array = Buffer.alloc(0);

  constructor(
    private readonly lines: LineChannel,
    private readonly deadline: Deadline,
  ) {}

  ask(question: Buffer): void {
    this.answer = question.length > REQUEST_LIMIT ? REQUEST_TOO_LONG : this.answerTo(question);
  }

  /** Gives away what is left of the answer, at most so many bytes. */
  take(length: number): Uint8Array {
    const taken = this.answer.subarray(0, length);
    this.answer = this.answer.subarray(length);
    return taken;
  }

  /** Nothing of an answer is left for who comes next. */
  forget(): void {
    this.answer = Buffer.alloc(0);
  }

  private answerTo(question: Buffer): Uint8Array {
    const text = question.toString();
    if (text.startsWith(SLEEP)) return this.sleep(Number.parseFloat(text.slice(SLEEP.length)));
    // A line is a line: whatever was written, the parent is to see one.
    this.lines.send('?', Buffer.from(text.replaceAll('\n', ' ')));
    const answer = this.lines.next();
    return answer ?? process.exit(0);
  }

  private sleep(seconds: number): Uint8Array {
    const wanted = Math.max(0, seconds * 1000) || 0;
    const left = this.deadline.left();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(wanted, left));
    return wanted < left ? NOTHING : TIME_EXPIRED;
  }
}
