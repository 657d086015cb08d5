import {
  type Evaluation,
  type EvaluationResult,
  encodeEvaluation,
  type HostCallbacks,
  outcome,
  type PythonSyntaxError,
} from './evaluation.js';
import { PythonPool } from './python-pool.js';
import { OUT_OF_TIME, PythonProcess, type PythonTask, type TaskResult } from './python-process.js';

/** How many processes, and how large. */
export interface InterpreterOptions {
  /** What Python itself may use in each process. */
  readonly memoryMb: number;
  /** How many evaluations run side by side; one more process stands by. */
  readonly size?: number;
  /** Told of a process that did not start. */
  readonly onFault?: (error: unknown) => void;
}

const SYNTAX_CHECK_TIMEOUT_MS = 5000;

/** Python for expressions, in processes of its own that may do nothing but compute. */
export class Interpreter {
  private readonly pool: PythonPool;

  private constructor(options: InterpreterOptions) {
    this.pool = new PythonPool({
      count: (options.size ?? 1) + 1,
      start: () => new PythonProcess(options.memoryMb),
      onFault: options.onFault ?? (() => undefined),
    });
  }

  /** Resolves when the first process is ready; the others follow. */
  static async start(options: InterpreterOptions): Promise<Interpreter> {
    const interpreter = new Interpreter(options);
    await interpreter.pool.open();
    return interpreter;
  }

  /** How many processes can be used now. */
  get serving(): number {
    return this.pool.serving;
  }

  /** Resolves when as many processes are ready as there should be. */
  async complete(): Promise<void> {
    await this.pool.complete();
  }

  /** Evaluates a source. Whatever goes wrong with it is told in the outcome. */
  async run(evaluation: Evaluation, ask: HostCallbacks): Promise<EvaluationResult> {
    const { timeoutMs } = evaluation;
    const reply = await this.errand({ kind: 'evaluate', lines: encodeEvaluation(evaluation), timeoutMs, ask });
    return outcome('ended' in reply ? { error: reply.ended } : JSON.parse(reply.answer));
  }

  /** Where a source is not Python; undefined when it is. */
  async check(source: string): Promise<PythonSyntaxError | undefined> {
    const lines = `${JSON.stringify(source)}\n`;
    const reply = await this.errand({ kind: 'check', lines, timeoutMs: SYNTAX_CHECK_TIMEOUT_MS, ask: noCallbacks });
    if ('ended' in reply) return { line: 1, column: 1, message: reply.ended };
    return JSON.parse(reply.answer) ?? undefined;
  }

  /** Ends all processes. What they were doing has failed. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  private async errand(errand: PythonTask): Promise<TaskResult> {
    const until = performance.now() + errand.timeoutMs;
    const process = await this.pool.take(errand.timeoutMs);
    if (!process) return { ended: OUT_OF_TIME };
    try {
      return await process.run({ ...errand, timeoutMs: Math.max(1, Math.ceil(until - performance.now())) });
    } finally {
      this.pool.giveBack(process);
    }
  }
}

const noCallbacks: HostCallbacks = async (name) => {
  throw new Error(`nobody answers ${name} here`);
};
