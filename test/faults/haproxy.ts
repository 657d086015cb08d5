import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhenParentDies } from '../support/watchdog.js';

/** A running haproxy. */
export interface RunningProxy {
  /** Resolves when the log, from its start, matches `pattern`. */
  readonly says: (pattern: RegExp) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts haproxy with the text of a configuration, and with only the environment variables `env`. */
export async function startProxy(config: string, env: Readonly<Record<string, string>>): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-proxy-'));
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, config);
  const child = spawn('haproxy', ['-db', '-f', file], { env: { PATH: process.env['PATH'], ...env } });
  const cancelWatchdog = killWhenParentDies(child.pid ?? 0, { remove: folder });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk);
      child.emit('output');
    });
  const says = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const check = () => pattern.test(output) && resolve();
      child.on('output', check);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`haproxy has ended:\n${output.slice(-4096)}`)));
      check();
    });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    cancelWatchdog();
    await rm(folder, { recursive: true, force: true });
  };
  return { says, stop };
}
