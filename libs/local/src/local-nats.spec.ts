import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localNatsFile, natsSettingsOf, removeLocalNats, writeLocalNats } from './local-nats.js';

describe('the NATS server of a command', () => {
  const local = { NATS_URL: 'nats://127.0.0.1:4333', NATS_USER: 'local', NATS_PASSWORD: 'secret' };
  let env: { GATEHOUSE_DIR: string };
  let file: string;

  beforeAll(async () => {
    env = { GATEHOUSE_DIR: await mkdtemp(join(tmpdir(), 'gatehouse-local-nats-')) };
    file = localNatsFile(env);
  });
  afterAll(() => rm(env.GATEHOUSE_DIR, { recursive: true }));

  it('is that of npm start in GATEHOUSE_DIR, unless the environment has settings of another server', async () => {
    await writeLocalNats(file, local);
    expect(await natsSettingsOf(env)).toMatchObject({
      ...{ settings: local, origin: `that of ${file}, as NATS_URL is not set` },
    });
    const NATS_URL = 'nats://nats:4222';
    expect(await natsSettingsOf({ ...env, NATS_URL })).toMatchObject({
      settings: { NATS_URL },
      origin: 'that of NATS_URL',
    });
    expect(await natsSettingsOf({ ...env, NATS_USER: 'x' })).toMatchObject({
      ...{ settings: { NATS_URL: 'nats://127.0.0.1:4222' }, origin: 'the default, because NATS_URL is not set' },
    });
  });

  it('is the default one if npm start has written no file, and `origin` names that file', async () => {
    await removeLocalNats(file);
    expect(await natsSettingsOf(env)).toMatchObject({
      settings: { NATS_URL: 'nats://127.0.0.1:4222' },
      origin: `the default, because NATS_URL is not set and npm start has written no ${file}`,
    });
  });
});
