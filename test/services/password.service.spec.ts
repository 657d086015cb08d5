import { pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { DirectoryUser } from '@gatehouse/directory';
import { listenOnce } from '@gatehouse/platform';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '../../libs/stages/src/password/argon2-hash.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { descendantsOf } from '../support/process-tree.js';
import { freePort } from '../support/processes.js';
import { register } from './directory.js';
import { describeStageProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, problemOf, ServiceHarness } from './service-harness.js';

const RESPOND = 'stage.password.respond';
const config = { backends: ['authentik.core.auth.InbuiltBackend'] };

/** Number of PBKDF2 iterations that takes some tenths of a second. */
const SLOW_ROUNDS = 1_500_000;
const slowHash = () =>
  `pbkdf2_sha256$${SLOW_ROUNDS}$salt$${pbkdf2Sync('slow', 'salt', SLOW_ROUNDS, 32, 'sha256').toString('base64')}`;

const guess = ({ uuid, pk, username, name, email, is_active }: DirectoryUser, password: unknown) => {
  const pending_user = { kind: 'saved', uuid, pk, username, name, email, is_active, locale: '' };
  return stageRequestFixture({ config, context: { pending_user }, response: { password }, timeout_ms: 15_000 });
};

describeWithNats('the password service', () => {
  let harness: ServiceHarness;
  let database: FreshDatabase;
  let alice: DirectoryUser;
  let slow: DirectoryUser;

  beforeAll(async () => {
    [harness, database] = await Promise.all([ServiceHarness.open(), migratedDatabase()]);
    const drafts = [
      { username: 'alice', password_hash: await hashPassword('hunter2') },
      { username: 'slow', password_hash: slowHash() },
    ];
    [alice, slow] = (await register(database.url, drafts)) as [DirectoryUser, DirectoryUser];
  });
  afterAll(async () => {
    await harness?.close();
    await database?.drop();
  });

  const start = (env: Record<string, string> = {}) =>
    harness.start('password', { DATABASE_URL: database.url, PASSWORD_WAIT_MS: '9000', ...env });

  describe('with free capacity', () => {
    beforeAll(() => start());
    afterAll(() => harness.stopAll());

    describeStageProtocol(() => harness, {
      kinds: ['password'],
      others: ['identification', 'user_login', 'deny', 'dummy'],
    });

    it('accepts the right password, and rejects a wrong and a missing one', async () => {
      expect(await harness.request(RESPOND, guess(alice, 'hunter2'))).toMatchObject({
        type: 'passed',
        verified: ['password'],
      });
      expect(await harness.request(RESPOND, guess(alice, 'hunter3'))).toMatchObject({
        type: 'rejected',
        errors: { password: [{ code: 'password_invalid' }] },
        state: { failures: 1 },
        failed: ['password'],
      });
      expect(await harness.request(RESPOND, guess(alice, null))).toMatchObject({
        type: 'rejected',
        errors: { password: [{ code: 'null' }] },
      });
    });

    it('answers each request once with two replicas', async () => {
      await start();
      const replies = await harness.flood(RESPOND, Array(20).fill(guess(alice, 'hunter2')), async () => {
        expect(await harness.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
      });
      expect(replies.map((reply) => ('type' in reply ? reply.type : problemOf(reply)))).toEqual(
        Array(20).fill('passed'),
      );
    });
  });

  describe('with settings of its own', () => {
    afterEach(() => harness.stopAll());

    it('answers stage_busy at once when the expected wait is above PASSWORD_WAIT_MS', async () => {
      await start({ PASSWORD_CONCURRENCY: '1', PASSWORD_WAIT_MS: '1' });
      const replies = await harness.flood(RESPOND, Array(8).fill(guess(slow, 'wrong')), () => harness.stopAll());
      expect(replies).toHaveLength(8);
      expect(replies[0]).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
      expect(replies.map((reply) => ('type' in reply ? reply.type : problemOf(reply)))).toContain('rejected');
    });

    it('finishes its requests in flight before it exits', async () => {
      await start({ PASSWORD_CONCURRENCY: '1' });
      const replies = await harness.flood(RESPOND, Array(3).fill(guess(slow, 'wrong')), async (soFar) => {
        expect(soFar).toEqual([]);
        expect(await harness.stopAll()).toEqual([CLEAN_EXIT]);
      });
      expect(replies.map((reply) => 'type' in reply && reply.type)).toEqual(['rejected', 'rejected', 'rejected']);
    });

    it.skipIf(process.platform !== 'linux')(
      'sets the thread pool to the number of cores plus two, unless UV_THREADPOOL_SIZE is set',
      async () => {
        const { pid } = await start();
        const [child] = await descendantsOf(pid);
        const environment = readFileSync(`/proc/${child}/environ`, 'utf8').split('\0');
        expect(environment).toContain(`UV_THREADPOOL_SIZE=${availableParallelism() + 2}`);
        const configured = await start({ UV_THREADPOOL_SIZE: '3' });
        expect(await descendantsOf(configured.pid)).toEqual([]);
      },
    );

    it.skipIf(process.platform !== 'linux')(
      'finishes its requests in flight, frees its port and ends when its parent process is killed',
      async () => {
        const port = await freePort();
        const running = await start({ MONITORING_PORT: String(port), MONITORING_HOST: '127.0.0.1' });
        expect(await descendantsOf(running.pid)).toHaveLength(1);
        const replies = await harness.flood(RESPOND, [guess(slow, 'wrong')], async () => {
          running.kill();
          // `gone` resolves when the parent and its child, which serves, have both closed their common output.
          await running.gone;
        });
        expect(replies.map((reply) => 'type' in reply && reply.type)).toEqual(['rejected']);
        await listenOnce(port, '127.0.0.1');
      },
    );
  });
});
