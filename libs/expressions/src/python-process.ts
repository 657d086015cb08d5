import { readFileSync } from 'node:fs';
import { ChildLineProcess } from './child-line-process.js';
import type { HostCallbacks } from './evaluation.js';
import { pythonProgram } from './python-program.js';

/** A task for a Python process: its input as lines. */
export interface PythonTask {
  readonly kind: 'check' | 'evaluate';
  readonly lines: string;
  readonly timeoutMs: number;
  readonly ask: HostCallbacks;
}

/** The result of a task: the line with the reply, or the reason why the process exited without one. */
export type TaskResult = { readonly line: string } | { readonly failure: string };

interface RunningTask {
  readonly task: PythonTask;
  readonly settle: (reply: TaskResult) => void;
  readonly timers: readonly NodeJS.Timeout[];
  /** Resolves at the deadline. Then open requests of the expression to the host process get an error as the reply. */
  readonly timeout: Promise<void>;
}

/** Milliseconds after the deadline within which Python may stop by itself. After that, the process is killed. */
const GRACE_MS = 400;
const MEMORY_CHECK_MS = 50;
const MB = 2 ** 20;
/** Megabytes that a process needs in addition to Python's memory: for machine code, the memory snapshot and Node.js. */
const OVERHEAD_MB = 400;
const MAX_HOST_REPLY = MB;
/** First character of a reply line, if the process must be replaced because its memory has grown too much. */
const RESTART_FLAG = 'x';

/** Error message of a policy that took longer than its time limit. */
export const OUT_OF_TIME = 'The policy exceeded its time limit.';
const OUT_OF_MEMORY = 'The policy exceeded its memory limit.';
const PROCESS_ENDED = 'The Python process exited.';

/** A child process with Python. It runs one task at a time. */
export class PythonProcess {
  private readonly child: ChildLineProcess;
  private running: RunningTask | undefined;
  private reason = PROCESS_ENDED;
  private isEnding = false;

  /** Resolves when the process can run tasks. Rejects if it exits before. */
  readonly ready: Promise<void>;
  readonly exited: Promise<unknown>;

  constructor(private readonly memoryMb: number) {
    let isReady = () => {};
    const ready = new Promise<true>((resolve) => {
      isReady = () => resolve(true);
    });
    this.child = new ChildLineProcess(pythonProgram(memoryMb), (line) =>
      line === '!ready' ? isReady() : this.onLine(line),
    );
    this.exited = this.child.exited.then(() =>
      this.settle({ failure: [this.reason, this.child.errorOutput].filter(Boolean).join(' ') }),
    );
    this.ready = Promise.race([ready, this.exited]).then((first) => {
      if (first !== true) throw new Error(`Python did not start: ${this.child.errorOutput}`);
    });
  }

  /** Runs a task. Must not be called while another task is running. */
  async run(task: PythonTask): Promise<TaskResult> {
    const reply = new Promise<TaskResult>((settle) => {
      let expire = () => {};
      const timeout = new Promise<void>((resolve) => {
        expire = resolve;
      });
      const timers = [
        setTimeout(expire, task.timeoutMs),
        setTimeout(() => void this.end(OUT_OF_TIME), task.timeoutMs + GRACE_MS),
        setInterval(() => this.checkMemory(), MEMORY_CHECK_MS),
      ];
      this.running = { task, settle, timers, timeout };
    });
    this.child.send(`${task.kind} ${task.timeoutMs}\n${task.lines}`);
    return reply;
  }

  /** Whether the process can run another task. */
  get isUsable(): boolean {
    return !this.isEnding;
  }

  /** Kills the process. A running task fails, with `reason` as its error. */
  async end(reason = PROCESS_ENDED): Promise<void> {
    if (!this.isEnding) this.reason = reason;
    this.isEnding = true;
    this.child.kill();
    await this.exited;
  }

  /**
   * Ends the process if it sends a line while no task is running, because the line could be taken for the reply to the
   * next task.
   */
  private onLine(line: string): void {
    const [kind, body] = [line[0], line.slice(1)];
    if (!this.running) void this.end();
    else if (kind === '?') void this.handleHostRequest(body);
    else {
      if (kind === RESTART_FLAG) void this.end();
      this.settle({ line: body });
    }
  }

  private settle(reply: TaskResult): void {
    const { running } = this;
    this.running = undefined;
    for (const timer of running?.timers ?? []) clearTimeout(timer);
    running?.settle(reply);
  }

  private async handleHostRequest(request: string): Promise<void> {
    const { running } = this;
    if (!running) return;
    const hostReply = this.replyTo(request, running.task.ask);
    const reply = await Promise.race([hostReply, running.timeout.then(() => JSON.stringify({ error: OUT_OF_TIME }))]);
    if (this.running === running) this.child.send(`${reply}\n`);
  }

  private async replyTo(request: string, ask: HostCallbacks): Promise<string> {
    try {
      const [name, args]: [string, unknown] = JSON.parse(request);
      const reply = JSON.stringify({ value: await ask(name, args) });
      return reply.length > MAX_HOST_REPLY ? JSON.stringify({ error: 'The reply of the host is too large.' }) : reply;
    } catch (error) {
      return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
    }
  }

  private checkMemory(): void {
    const residentSize = this.child.pid === undefined ? undefined : residentBytes(this.child.pid);
    if (residentSize !== undefined && residentSize > (this.memoryMb + OVERHEAD_MB) * MB) void this.end(OUT_OF_MEMORY);
  }
}

const PAGE_BYTES = 4096;

/** Returns the memory of a process in bytes (resident set size); undefined on a system without /proc. */
function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
