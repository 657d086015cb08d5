import {
  decodeResult,
  type Evaluation,
  type EvaluationResult,
  encodeEvaluation,
  failedEvaluation,
  type HostCallbacks,
  type PythonSyntaxError,
} from './evaluation.js';
import { PythonPool } from './python-pool.js';
import { OUT_OF_TIME, PythonProcess, type PythonTask, type TaskResult } from './python-process.js';

/** Number of the Python processes, and their memory limit. */
export interface InterpreterOptions {
  /** Memory limit of Python in each process, in megabytes. */
  readonly memoryMb: number;
  /** Largest number of evaluations that the caller runs at the same time. Default: 1. */
  readonly size?: number;
  /** Number of processes that start with the first task and replace a process that ends. Default: 1. */
  readonly spares?: number;
  /** Called when a process fails to start. */
  readonly onStartError?: (error: unknown) => void;
}

const SYNTAX_CHECK_TIMEOUT_MS = 5000;

/** Evaluates Python expressions in sandboxed child processes. */
export class Interpreter {
  private readonly pool: PythonPool;

  private constructor(options: InterpreterOptions) {
    this.pool = new PythonPool({
      size: options.size ?? 1,
      spares: options.spares ?? 1,
      start: () => new PythonProcess(options.memoryMb),
      onFault: options.onStartError ?? (() => undefined),
    });
  }

  /** Resolves when the first process is ready. The others start in the background, the spares with the first task. */
  static async start(options: InterpreterOptions): Promise<Interpreter> {
    const interpreter = new Interpreter(options);
    await interpreter.pool.open();
    return interpreter;
  }

  /** Number of processes that are ready. */
  get readyCount(): number {
    return this.pool.readyCount;
  }

  /** Resolves when all processes are ready. */
  async whenFull(): Promise<void> {
    await this.pool.whenFull();
  }

  /** Evaluates a source. If the source raises an error, the result contains it, and the promise does not reject. */
  async run(evaluation: Evaluation, ask: HostCallbacks): Promise<EvaluationResult> {
    const { timeoutMs } = evaluation;
    const reply = await this.runTask({ kind: 'evaluate', lines: encodeEvaluation(evaluation), timeoutMs, ask });
    return 'failure' in reply ? failedEvaluation(reply.failure) : decodeResult(reply.line);
  }

  /** Returns the first syntax error in a source; undefined if there is none. Does not run the source. */
  async check(source: string): Promise<PythonSyntaxError | undefined> {
    const lines = `${JSON.stringify(source)}\n`;
    const reply = await this.runTask({ kind: 'check', lines, timeoutMs: SYNTAX_CHECK_TIMEOUT_MS, ask: noCallbacks });
    if ('failure' in reply) return { line: 1, column: 1, message: reply.failure };
    return JSON.parse(reply.line) ?? undefined;
  }

  /** Ends all processes. Running evaluations fail. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  private async runTask(task: PythonTask): Promise<TaskResult> {
    const deadline = performance.now() + task.timeoutMs;
    const process = await this.pool.acquire(task.timeoutMs);
    if (!process) return { failure: OUT_OF_TIME };
    try {
      return await process.run({ ...task, timeoutMs: Math.max(1, Math.ceil(deadline - performance.now())) });
    } finally {
      this.pool.release(process);
    }
  }
}

const noCallbacks: HostCallbacks = async (name) => {
  throw new Error(`a syntax check must not send requests (${name})`);
};
