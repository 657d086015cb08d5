import { spawn } from 'node:child_process';
import { z } from 'zod';
import type { Clock } from './clock.js';
import { duration } from './duration.js';
import { LoadError } from './load-error.js';
import { parseYaml, readText } from './yaml-file.js';

/** Largest number of commands in one run. */
const MAX_KILLS = 100;
/** Number of characters of a command's output that the report quotes. */
const OUTPUT_LENGTH = 200;

const kill = z.strictObject({ at: duration, run: z.string().min(1) });
const kills = z.array(kill).max(MAX_KILLS);

/** A command that runs during the load, `at` milliseconds after its start. */
export type Kill = z.output<typeof kill>;

/** How a command ended. */
export interface KillResult extends Kill {
  /** When the command began and ended, in milliseconds since the start of the load. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** Exit code of the command, or `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** Parses a command with its time, such as `20s=docker kill nats-1`. */
export function parseKill(text: string): Kill {
  const end = text.indexOf('=');
  const { success, data } = kill.safeParse({ at: text.slice(0, Math.max(0, end)), run: text.slice(end + 1) });
  if (success) return data;
  throw new LoadError(`--kill ${text} is not a time and a command, such as 20s='docker kill nats-1'`);
}

/** Reads a YAML file with a list of commands, each with `at` and `run`. */
export const readKills = async (path: string): Promise<readonly Kill[]> =>
  parseYaml(kills, await readText(path, 'The list of commands'), { name: path, kind: 'a list of times and commands' });

/** The time in which commands may run. */
export interface KillWindow {
  readonly startedAt: number;
  readonly clock: Clock;
  /** Aborted when the load has ended. No further command begins then, and running commands are killed. */
  readonly signal: AbortSignal;
}

/**
 * Runs the commands at their times, in a shell. Resolves with a result for each command that began before the load
 * ended.
 */
export async function runKills(list: readonly Kill[], window: KillWindow): Promise<readonly KillResult[]> {
  const results = await Promise.all(list.map((entry) => runAtItsTime(entry, window)));
  return results.filter((result) => result !== undefined);
}

async function runAtItsTime(entry: Kill, { startedAt, clock, signal }: KillWindow): Promise<KillResult | undefined> {
  await clock.sleep(startedAt + entry.at - clock.now(), signal);
  if (signal.aborted) return undefined;
  const beganAt = clock.now() - startedAt;
  const { exitCode, output } = await runInShell(entry.run, signal);
  return { ...entry, beganAt, endedAt: clock.now() - startedAt, exitCode, output };
}

function runInShell(command: string, signal: AbortSignal): Promise<Pick<KillResult, 'exitCode' | 'output'>> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  // The command gets a process group of its own, so that children of the shell, which hold its output open, are killed
  // too.
  const abort = () => child.pid !== undefined && process.kill(-child.pid);
  signal.addEventListener('abort', abort);
  let output = '';
  const collect = (chunk: Buffer) => {
    output = `${output}${chunk.toString()}`.slice(-OUTPUT_LENGTH);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode) => {
      signal.removeEventListener('abort', abort);
      resolve({ exitCode, output: output.trim() });
    });
  });
}
