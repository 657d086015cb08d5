import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';

const LINE_LIMIT = 2 ** 22;
const STDERR_LIMIT = 2000;
const NEWLINE = 10;
const CHANNEL = 3;

/**
 * Makes glibc return freed blocks of this size and more to the system at once. By default, glibc raises this limit
 * whenever such a block is freed, and so keeps up to 32 MB of freed memory.
 */
const ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: String(2 ** 18) };

/**
 * A Node.js child process that exchanges lines with this process over a pipe. It does not get this process's
 * environment variables.
 */
export class ChildLineProcess {
  private readonly child: ChildProcess;
  private readonly channel: Duplex;
  private received: Buffer[] = [];
  private length = 0;
  private stderr = '';

  /** Resolves when the process has exited. */
  readonly exited: Promise<unknown>;

  constructor(args: readonly string[], onLine: (line: string) => void) {
    this.child = spawn(process.execPath, args, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    const channel = this.child.stdio[CHANNEL];
    if (!(channel instanceof Duplex)) throw new Error('the child process has no pipe for lines');
    this.channel = channel;
    this.exited = once(this.child, 'close').catch(() => undefined);
    // Writing to an exited process fails. The error can be ignored, because `exited` reports the exit.
    channel.on('error', () => undefined);
    channel.on('data', (bytes: Buffer) => this.receive(bytes, onLine));
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.stderr = (this.stderr + bytes.toString()).slice(-STDERR_LIMIT);
    });
  }

  /** The last part of what the process has written to standard error. */
  get errorOutput(): string {
    return this.stderr.trim();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  send(lines: string): void {
    this.channel.write(lines);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private receive(bytes: Buffer, onLine: (line: string) => void): void {
    let rest = bytes;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const line = Buffer.concat([...this.received, rest.subarray(0, end)]).toString();
      this.received = [];
      this.length = 0;
      rest = rest.subarray(end + 1);
      onLine(line);
    }
    this.received.push(rest);
    this.length += rest.length;
    if (this.length > LINE_LIMIT) this.kill();
  }
}
