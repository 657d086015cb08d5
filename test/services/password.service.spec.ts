import { pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { DirectoryUser } from '@gatehouse/directory';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashPassword } from '../../libs/stages/src/password/argon2-hash.js';
import { describeWithNats } from '../support/nats.js';
import type { FreshDatabase } from '../support/postgres.js';
import { freshDirectory, register } from './directory.js';
import { followsTheProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, problemOf, ServiceHarness } from './service-harness.js';

const RESPOND = 'stage.password.respond';
const config = { backends: ['authentik.core.auth.InbuiltBackend'] };

/** Rounds that keep a core busy for some tenths of a second. */
const SLOW_ROUNDS = 1_500_000;
const slowHash = () =>
  `pbkdf2_sha256$${SLOW_ROUNDS}$salt$${pbkdf2Sync('slow', 'salt', SLOW_ROUNDS, 32, 'sha256').toString('base64')}`;

const guess = ({ uuid, pk, username, name, email, is_active }: DirectoryUser, password: unknown) => {
  const pending_user = { kind: 'saved', uuid, pk, username, name, email, is_active, locale: '' };
  return stageRequestFixture({ config, context: { pending_user }, response: { password }, timeout_ms: 15_000 });
};

describeWithNats('the password service', () => {
  let bench: ServiceHarness;
  let database: FreshDatabase;
  let alice: DirectoryUser;
  let slow: DirectoryUser;

  beforeAll(async () => {
    [bench, database] = await Promise.all([ServiceHarness.open(), freshDirectory()]);
    const drafts = [
      { username: 'alice', password_hash: await hashPassword('hunter2') },
      { username: 'slow', password_hash: slowHash() },
    ];
    [alice, slow] = (await register(database.url, drafts)) as [DirectoryUser, DirectoryUser];
  });
  afterAll(async () => {
    await bench?.close();
    await database?.drop();
  });
  afterEach(() => bench.stopAll());

  const start = (env: Record<string, string> = {}) => bench.start('password', { DATABASE_URL: database.url, ...env });

  describe('when it has time', () => {
    beforeEach(() => start());

    followsTheProtocol(() => bench, { kinds: ['password'], others: ['identification', 'user_login', 'deny', 'dummy'] });

    it('tells a right password from a wrong one and from none', async () => {
      expect(await bench.ask(RESPOND, guess(alice, 'hunter2'))).toMatchObject({
        type: 'passed',
        verified: ['password'],
      });
      expect(await bench.ask(RESPOND, guess(alice, 'hunter3'))).toMatchObject({
        type: 'rejected',
        errors: { password: [{ code: 'password_invalid' }] },
        state: { failures: 1 },
        failed: ['password'],
      });
      expect(await bench.ask(RESPOND, guess(alice, null))).toMatchObject({
        type: 'rejected',
        errors: { password: [{ code: 'null' }] },
      });
    });

    it('answers each request once when two replicas share the work', async () => {
      await start();
      const heard = await bench.flood(RESPOND, Array(20).fill(guess(alice, 'hunter2')), async () => {
        expect(await bench.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
      });
      expect(heard.map((reply) => ('type' in reply ? reply.type : problemOf(reply)))).toEqual(Array(20).fill('passed'));
    });
  });

  it('says at once that it is busy when more wait than may', async () => {
    await start({ PASSWORD_CONCURRENCY: '1', PASSWORD_QUEUE: '1' });
    const heard = await bench.flood(RESPOND, Array(8).fill(guess(slow, 'wrong')), () => bench.stopAll());
    expect(heard).toHaveLength(8);
    expect(heard[0]).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
    expect(heard.map((reply) => ('type' in reply ? reply.type : problemOf(reply)))).toContain('rejected');
  });

  it('answers what is in flight before it leaves', async () => {
    await start({ PASSWORD_CONCURRENCY: '1' });
    const heard = await bench.flood(RESPOND, Array(3).fill(guess(slow, 'wrong')), async (soFar) => {
      expect(soFar).toEqual([]);
      expect(await bench.stopAll()).toEqual([CLEAN_EXIT]);
    });
    expect(heard.map((reply) => 'type' in reply && reply.type)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it.skipIf(process.platform !== 'linux')(
    'hashes on a thread a core and spares some, unless it is told how many',
    async () => {
      const { pid } = await start();
      const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      const environment = readFileSync(`/proc/${child}/environ`, 'utf8').split('\0');
      expect(environment).toContain(`UV_THREADPOOL_SIZE=${availableParallelism() + 2}`);
      const told = await start({ UV_THREADPOOL_SIZE: '3' });
      expect(readFileSync(`/proc/${told.pid}/task/${told.pid}/children`, 'utf8')).toBe('');
    },
  );
});
