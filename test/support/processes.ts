import { type ChildProcess, spawn } from 'node:child_process';
import { killWhenParentDies } from './watchdog.js';

export { findFreePort as freePort } from '../../libs/platform/src/free-port.js';

/** A process of the built product. */
export interface RunningProcess {
  readonly pid: number;
  /** Asks it to leave, SIGTERM unless told otherwise, and says with which code it did; null when a signal ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  /** Resolves with its exit code when it ends, by itself or asked to; null when a signal ended it. */
  readonly gone: Promise<number | null>;
  /** Resolves when it writes something that matches, from now on. */
  readonly says: (pattern: RegExp) => Promise<void>;
  /** All it wrote on standard output and standard error so far. */
  readonly output: () => string;
  /** Ends it without a chance to tidy up. */
  readonly kill: () => void;
}

interface Options {
  /** What its output says once it can be spoken to. */
  readonly ready: RegExp;
  /** What runs it; Node unless told otherwise. */
  readonly program?: string;
}

/** Starts `<program> <entry>` with just the environment `env` and PATH; resolves once it says it is ready. */
export async function startProcess(
  entry: string,
  env: Readonly<Record<string, string>>,
  { ready, program = process.execPath }: Options,
): Promise<RunningProcess> {
  const child = spawn(program, [entry], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const callOff = killWhenParentDies(child.pid ?? 0);
  const gone = new Promise<number | null>((resolve) => {
    // Its output is whole only when it is closed.
    child.once('close', (code) => {
      callOff();
      resolve(code);
    });
  });
  const output = await saying(child, ready, entry);
  const says = (pattern: RegExp) => {
    const from = output().length;
    return new Promise<void>((resolve) => {
      child.stdout?.on('data', () => pattern.test(output().slice(from)) && resolve());
    });
  };
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return gone;
  };
  return { pid: child.pid as number, output, gone, says, stop, kill: () => void child.kill('SIGKILL') };
}

function saying(child: ChildProcess, ready: RegExp, entry: string): Promise<() => string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += String(chunk);
      if (ready.test(said)) resolve(() => said);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${entry} ended with ${code} before it was ready:\n${said}`)));
  });
}
