import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKill, readKills, runKills } from './kills.js';
import { LoadError } from './load-error.js';
import { VirtualClock } from './testing/virtual-clock.js';

let folder: string;
let watcher: FSWatcher | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-kills-'));
});
afterAll(async () => {
  watcher?.close();
  await rm(folder, { recursive: true });
});

describe('commands during a load', () => {
  it('are parsed from a time and a command, which may contain an equals sign', () => {
    expect(parseKill('1.5s=docker kill --signal=KILL nats')).toEqual({
      at: 1500,
      run: 'docker kill --signal=KILL nats',
    });
    for (const text of ['docker kill nats', '20=docker kill nats', '20s='])
      expect(() => parseKill(text)).toThrow(LoadError);
  });

  it('are read from a file, and each mistake in it is reported with its place', async () => {
    const write = async (text: string) => {
      const path = join(folder, 'kills.yaml');
      await writeFile(path, text);
      return readKills(path);
    };
    expect(await write('- { at: 10s, run: first }\n- { at: 1m, run: second }')).toEqual([
      { at: 10_000, run: 'first' },
      { at: 60_000, run: 'second' },
    ]);
    await expect(write('- { at: soon, run: "" }')).rejects.toThrow(/0.at: is not a duration.*\n {2}0.run: /);
    await expect(write('- [')).rejects.toThrow(/kills.yaml is not YAML: /);
    await expect(readKills(join(folder, 'absent'))).rejects.toThrow(/cannot be read: ENOENT/);
  });

  it('run at their times, and have a result with exit code and output', async () => {
    const clock = new VirtualClock();
    const list = [parseKill('20s=echo gone >&2; exit 3'), parseKill('10s=echo done')];
    const results = await runKills(list, { startedAt: 0, clock, signal: new AbortController().signal });
    expect(results).toEqual([
      expect.objectContaining({ beganAt: 20_000, exitCode: 3, output: 'gone' }),
      expect.objectContaining({ beganAt: 10_000, exitCode: 0, output: 'done' }),
    ]);
  });

  it('do not begin after the load, and are killed when the load ends', async () => {
    const ended = new AbortController();
    const clock = { now: () => 0, sleep: untilDueOrAborted };
    watcher = watch(folder);
    const created = once(watcher, 'change');
    const list = [parseKill(`0s=: > ${join(folder, 'running')}; sleep 600; true`), parseKill('1h=echo never')];
    const running = runKills(list, { startedAt: 0, clock, signal: ended.signal });
    await created;
    ended.abort();
    expect(await running).toEqual([expect.objectContaining({ at: 0, exitCode: null })]);
  });
});

const untilDueOrAborted = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (ms <= 0) resolve();
    else signal?.addEventListener('abort', () => resolve());
  });
