import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Watchdog } from './watchdog.js';

const sleeper = () => spawn('sleep', ['60'], { stdio: 'ignore' });
const newFolder = () => mkdtempSync(join(tmpdir(), 'gatehouse watchdog-'));

it('kills the watched processes of a worker that has ended, and removes their folders, but no others', async () => {
  const [watched, left, other] = [sleeper(), sleeper(), sleeper()];
  const folders: [string, string] = [newFolder(), newFolder()];
  try {
    const ends = Promise.all([watched, other].map((process) => once(process, 'exit')));
    const watchdog = new Watchdog();
    watchdog.watch(0, '');
    watchdog.watch(Number(watched.pid), folders[0]);
    watchdog.watch(Number(left.pid), folders[1]);
    watchdog.watch(Number(other.pid), '');
    watchdog.unwatch(Number(left.pid));
    watchdog.close();

    expect(await ends).toEqual([
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    expect(await watchdog.gone).toEqual([0, null]);
    expect(left.exitCode).toBeNull();
    expect(left.signalCode).toBeNull();
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, true]);
  } finally {
    for (const process of [watched, left, other]) process.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
});
