import type { Deadline } from './deadline.js';
import type { LineChannel } from './line-channel.js';

const SLEEP = '["sleep", ';
const EMPTY_REPLY = Buffer.from('{}');
const REQUEST_TOO_LONG = Buffer.from('{"error":"The request to the host is too large."}');
const TIME_EXPIRED = Buffer.from('{"error":"The policy exceeded its time limit."}');
const REQUEST_LIMIT = 262_144;

/**
 * Passes requests of Python to the parent process. Python writes a request to one file descriptor and reads the reply
 * from another.
 */
export class HostChannel {
  private reply: Uint8Array = Buffer.alloc(0);
  private isWaiting = false;

  constructor(
    private readonly lines: LineChannel,
    private readonly deadline: Deadline,
  ) {}

  ask(request: Buffer): void {
    this.reply = request.length > REQUEST_LIMIT ? REQUEST_TOO_LONG : this.replyTo(request);
  }

  /** Removes up to `length` bytes from the start of the reply and returns them. */
  take(length: number): Uint8Array {
    const chunk = this.reply.subarray(0, length);
    this.reply = this.reply.subarray(length);
    return chunk;
  }

  /** Discards the rest of a reply, so that the next expression cannot read it. */
  discardReply(): void {
    this.reply = Buffer.alloc(0);
  }

  /**
   * Throws if a stack overflow has interrupted an exchange with the parent process. The unread reply could be mistaken
   * for the next line. The error ends this process.
   */
  assertIdle(): void {
    if (this.isWaiting) throw new Error('an exchange with the parent process was interrupted');
  }

  private replyTo(request: Buffer): Uint8Array {
    const text = request.toString();
    if (text.startsWith(SLEEP)) return this.sleep(Number.parseFloat(text.slice(SLEEP.length)));
    this.isWaiting = true;
    this.lines.send('?', request);
    const reply = this.lines.next() ?? process.exit(0);
    this.isWaiting = false;
    return reply;
  }

  private sleep(seconds: number): Uint8Array {
    const durationMs = Math.max(0, seconds * 1000) || 0;
    const remainingMs = this.deadline.remainingMs();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(durationMs, remainingMs));
    return durationMs < remainingMs ? EMPTY_REPLY : TIME_EXPIRED;
  }
}
