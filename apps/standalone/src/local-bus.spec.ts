import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalState } from '@gatehouse/local';
import { isProcessAlive, Readiness } from '@gatehouse/platform';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { describeWithNats } from '../../../test/support/nats.js';
import { openBus } from './local-bus.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-bus-'));
});
afterAll(() => rm(folder, { recursive: true }));

describeWithNats('the NATS server of npm start', () => {
  it('replaces the server of a killed process at the same port, where its stages find it again', async () => {
    const env = { GATEHOUSE_DIR: folder, NATS_SERVER: inject('natsServer') };
    const printed: string[] = [];
    const state = await openLocalState(env);
    const readiness = new Readiness({ READINESS_TIMEOUT_MS: 5000, START_WAIT_S: 30 });
    const open = () => openBus({ state, readiness, env, print: (line) => printed.push(line) });
    const killed = await open();
    await (await killed.bus.openRequester('gateway')).close();
    const { pid } = JSON.parse(await readFile(join(folder, 'nats.json'), 'utf8')) as { pid: number };
    await writeFile(join(folder, 'nats.json'), JSON.stringify({ pid, startedBy: spawnSync('true').pid }));
    const next = await open();
    try {
      expect(isProcessAlive(pid)).toBe(false);
      expect(printed[1]).toBe(printed[0]);
    } finally {
      await next.stop();
      await killed.stop();
    }
  });
});
