import { ChildLineProcess } from './child-line-process.js';
import type { HostCallbacks } from './evaluation.js';
import { pythonProgram } from './python-program.js';
import { residentBytes } from './resident-memory.js';

/** Something to be done in a process of Python, in the lines that cross to it. */
export interface PythonTask {
  readonly kind: 'check' | 'evaluate';
  readonly lines: string;
  readonly timeoutMs: number;
  readonly ask: HostCallbacks;
}

/** What became of an errand: the answer, or why the process ended without one. */
export type TaskResult = { readonly answer: string } | { readonly ended: string };

interface RunningTask {
  readonly errand: PythonTask;
  readonly settle: (reply: TaskResult) => void;
  readonly timers: readonly NodeJS.Timeout[];
  /** Questions that are open when the time is over are answered by this. */
  readonly over: Promise<void>;
}

/** What Python gets beyond its time to notice that it is over, before the process is ended. */
const GRACE_MS = 400;
const WATCH_MS = 50;
const MB = 2 ** 20;
/** What a process needs beside Python's own memory: machine code, a copy of the state, Node. */
const OVERHEAD_MB = 400;
const ANSWER_LIMIT = MB;
/** An answer after which the process has grown too large to be kept. */
const RESTART_FLAG = 'x';

/** What is said of a policy that took too long. */
export const OUT_OF_TIME = 'The time for the policy is over.';
const OUT_OF_MEMORY = 'The policy took too much memory.';
const PROCESS_ENDED = 'The interpreter ended.';

/** One process that runs expressions, one at a time. */
export class PythonProcess {
  private readonly child: ChildLineProcess;
  private running: RunningTask | undefined;
  private reason = PROCESS_ENDED;
  private ending = false;

  /** Resolves when it can be used, rejects when it ended before. */
  readonly ready: Promise<void>;
  readonly gone: Promise<unknown>;

  constructor(private readonly memoryMb: number) {
    let isReady = () => {};
    const ready = new Promise<true>((resolve) => {
      isReady = () => resolve(true);
    });
    this.child = new ChildLineProcess(pythonProgram(memoryMb), (line) =>
      line === '!ready' ? isReady() : this.heard(line),
    );
    this.gone = this.child.gone.then(() =>
      this.settle({ ended: [this.reason, this.child.complaint].filter(Boolean).join(' ') }),
    );
    this.ready = Promise.race([ready, this.gone]).then((first) => {
      if (first !== true) throw new Error(`Python did not start: ${this.child.complaint}`);
    });
  }

  /** Only one errand at a time. */
  async run(errand: PythonTask): Promise<TaskResult> {
    const reply = new Promise<TaskResult>((settle) => {
      let over = () => {};
      const isOver = new Promise<void>((resolve) => {
        over = resolve;
      });
      const timers = [
        setTimeout(over, errand.timeoutMs),
        setTimeout(() => void this.end(OUT_OF_TIME), errand.timeoutMs + GRACE_MS),
        setInterval(() => this.watch(), WATCH_MS),
      ];
      this.running = { errand, settle, timers, over: isOver };
    });
    this.child.send(`${errand.kind} ${errand.timeoutMs}\n${errand.lines}`);
    return reply;
  }

  /** Whether it can take another errand. */
  get isFit(): boolean {
    return !this.ending;
  }

  /** Ends the process, whatever it does. */
  async end(reason = PROCESS_ENDED): Promise<void> {
    if (!this.ending) this.reason = reason;
    this.ending = true;
    this.child.kill();
    await this.gone;
  }

  private heard(line: string): void {
    const [kind, body] = [line[0], line.slice(1)];
    if (kind === '?') void this.answer(body);
    else {
      if (kind === RESTART_FLAG) void this.end();
      this.settle({ answer: body });
    }
  }

  private settle(reply: TaskResult): void {
    const { running } = this;
    this.running = undefined;
    for (const timer of running?.timers ?? []) clearTimeout(timer);
    running?.settle(reply);
  }

  private async answer(question: string): Promise<void> {
    const { running } = this;
    if (!running) return;
    const asked = this.replyTo(question, running.errand.ask);
    const answer = await Promise.race([asked, running.over.then(() => JSON.stringify({ error: OUT_OF_TIME }))]);
    if (this.running === running) this.child.send(`${answer}\n`);
  }

  private async replyTo(question: string, ask: HostCallbacks): Promise<string> {
    try {
      const [name, args]: [string, unknown] = JSON.parse(question);
      const answer = JSON.stringify({ value: await ask(name, args) });
      return answer.length > ANSWER_LIMIT ? JSON.stringify({ error: 'The answer is too long.' }) : answer;
    } catch (error) {
      return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
    }
  }

  private watch(): void {
    const held = this.child.pid === undefined ? undefined : residentBytes(this.child.pid);
    if (held !== undefined && held > (this.memoryMb + OVERHEAD_MB) * MB) void this.end(OUT_OF_MEMORY);
  }
}
