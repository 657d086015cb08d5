import { type ChildProcess, spawn } from 'node:child_process';
import { killWhenParentDies } from './watchdog.js';

export { freePort } from './free-port.js';

/** Environment variables. */
export type Environment = Readonly<Record<string, string>>;

/** A running gateway or service: a process, or a part of the service host. */
export interface RunningPart {
  /** Stops the part. A process gets `signal`, or SIGTERM. Resolves with the exit code, or `null` after a signal. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  /** Resolves with the exit code when the process ends, or with `null` when a signal has ended it. */
  readonly gone: Promise<number | null>;
  /** Resolves when `count` new lines of output match `pattern`, by default one. Earlier output does not count. */
  readonly says: (pattern: RegExp, count?: number) => Promise<void>;
  /** Returns everything written on standard output and standard error so far. */
  readonly output: () => string;
}

/** A process of the built product. */
export interface RunningProcess extends RunningPart {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Ends the process by SIGKILL. */
  readonly kill: () => void;
}

interface Options {
  /** Matches the output that the process writes when it is ready. */
  readonly ready: RegExp;
  /** Program that runs the entry file. By default, Node. */
  readonly program?: string;
  /** Arguments after the entry file. */
  readonly args?: readonly string[];
  /** Whether to open an IPC channel to the process. */
  readonly ipc?: boolean;
}

/** Starts `<program> <entry> <args>` with only the environment `env` and PATH. Resolves when its output matches `ready`. */
export async function startProcess(
  entry: string,
  env: Environment,
  { ready, program = process.execPath, args = [], ipc = false }: Options,
): Promise<RunningProcess> {
  const child = spawn(program, [entry, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc' as const] : [])],
  });
  const cancelWatchdog = killWhenParentDies(child.pid ?? 0);
  const gone = new Promise<number | null>((resolve) => {
    // After `exit` there may be more output, after `close` there is none.
    child.once('close', (code) => {
      cancelWatchdog();
      resolve(code);
    });
  });
  const output = await outputOf(child, ready, entry);
  const says = (pattern: RegExp, count = 1) => linesOf(child, pattern, count);
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return gone;
  };
  return { pid: child.pid as number, child, output, gone, says, stop, kill: () => void child.kill('SIGKILL') };
}

function outputOf(child: ChildProcess, ready: RegExp, entry: string): Promise<() => string> {
  return new Promise((resolve, reject) => {
    let output = '';
    let isReady = false;
    const append = (chunk: Buffer) => {
      output += String(chunk);
      isReady ||= ready.test(output);
      if (isReady) resolve(() => output);
    };
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${entry} ended with ${code} before it was ready:\n${output}`)));
  });
}

/** Resolves when a process has written `count` more lines that match `pattern`. Looks at each line once. */
function linesOf({ stdout, stderr }: ChildProcess, pattern: RegExp, count: number): Promise<void> {
  return new Promise((resolve) => {
    let missing = count;
    const watched = [stdout, stderr].map((stream) => {
      let rest = '';
      const read = (chunk: Buffer) => {
        const lines = (rest + String(chunk)).split(/(?<=\n)/);
        rest = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '');
        missing -= lines.filter((line) => pattern.test(line)).length;
        if (missing > 0) return;
        for (const stop of watched) stop();
        resolve();
      };
      stream?.on('data', read);
      return () => void stream?.off('data', read);
    });
  });
}
