import { readFileSync } from 'node:fs';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { describeWithNats } from '../support/nats.js';
import { hasPgbouncer, type RunningPgbouncer, startPgbouncer } from '../support/pgbouncer.js';
import { onServer } from '../support/postgres-databases.js';
import type { Environment, RunningProcess } from '../support/processes.js';
import { PATTERNS, SERVICES } from './catalogue.js';
import { ComposeStack } from './compose-stack.js';

/** Timeout in milliseconds of a start. The Python of policies starts slowly on a loaded machine. */
const START_TIMEOUT_MS = 60_000;

/** Password of the role with which PgBouncer looks up the passwords of the services. */
const POOLER_PASSWORD = 'of-the-pooler'; // not-a-secret

/** Starts PgBouncer as deploy/postgres describes it, with one connection for each role. */
async function startPooler(stack: ComposeStack): Promise<RunningPgbouncer> {
  await stack.as('operator', async (client) => {
    await client.query(readFileSync('deploy/postgres/pgbouncer.sql', 'utf8'));
    await client.query(`ALTER ROLE pgbouncer PASSWORD '${POOLER_PASSWORD}'`);
  });
  const database = stack.environment('operator')['DATABASE_URL'] ?? '';
  return startPgbouncer({ database, poolSize: 1, password: POOLER_PASSWORD });
}

const errorOf = (start: Promise<unknown>): Promise<string> =>
  start.then(
    () => 'it has started',
    ({ message }: Error) => message,
  );

describeWithNats('the services of docker-compose.yml', () => {
  let stack: ComposeStack;
  let pooler: RunningPgbouncer | undefined;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])));
    if (hasPgbouncer) pooler = await startPooler(stack);
  });
  afterAll(async () => {
    await stack?.close();
    await pooler?.stop();
  });

  /** Returns the database URL of a service, which leads through PgBouncer if it is installed. */
  function databaseUrl(service: string): string {
    const url = stack.environment(service)['DATABASE_URL'];
    if (!url || !pooler) return url ?? '';
    return Object.assign(new URL(url), { host: new URL(pooler.url).host }).href;
  }

  /**
   * Resolves with the error of a service that does not start in the service host. The error of a process would be the
   * same, and end it with exit code 1.
   */
  const refusalOf = (service: string, changes: Environment) => errorOf(stack.startHosted(service, changes));

  /**
   * Resolves with the error of a service that does not start. The gateway, the courier, the policy service and, for all
   * services with stages, `password` start as processes, which must end with exit code 1. The other services have the
   * same entry code as `password`.
   */
  async function exitOf(service: string, changes: Environment): Promise<string> {
    if (!['gateway', 'courier', 'policy', 'password'].includes(service)) return refusalOf(service, changes);
    const message = await errorOf(stack.start(service, { ...changes, START_WAIT_S: '0' }));
    if (!message.includes('ended with 1 ')) throw new Error(`not exit code 1: ${message}`);
    return message;
  }

  describe('with the NATS user of another service', () => {
    const pairs = SERVICES.map((service, i) => ({ service, other: SERVICES[(i + 1) % SERVICES.length] as string }));

    it.each(pairs)(
      '$service exits when it connects as $other, and logs the reason',
      async ({ service, other }) => {
        expect(await exitOf(service, { NATS_NKEY_SEED: stack.environment(other)['NATS_NKEY_SEED'] ?? '' })).toMatch(
          /NATS refuses the subscriptions? /,
        );
      },
      START_TIMEOUT_MS,
    );
  });

  it.each(SERVICES)(
    '%s does not start when NATS does not know its nkey',
    async (service) => {
      expect(
        await refusalOf(service, { NATS_NKEY_SEED: new TextDecoder().decode(nkeys.createUser().getSeed()) }),
      ).toMatch(/Authorization Violation/);
    },
    START_TIMEOUT_MS,
  );

  describe('started together', () => {
    let running: RunningProcess[];
    let wasHealthy: boolean;
    beforeAll(async () => {
      wasHealthy = await stack.isHealthy('gateway');
      const start = (service: string) => stack.start(service, { DATABASE_URL: databaseUrl(service) });
      running = await Promise.all(['gateway', ...PATTERNS.keys()].map(start));
    }, START_TIMEOUT_MS);

    it('log a visitor in, each with its own NATS user and Postgres role, also through PgBouncer', async () => {
      expect(wasHealthy).toBe(false);
      expect(await stack.isHealthy('gateway')).toBe(true);

      const browser = new Browser(stack.url);
      expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-identification' });
      expect((await browser.solve('login', { uid_field: 'alice' })).body).toMatchObject({ pending_user: 'alice' });
      expect((await browser.solve('login', { password: 'wrong' })).body).toHaveProperty('response_errors');
      expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
      expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
    });

    it.skipIf(!hasPgbouncer)(
      'are admitted by PgBouncer only with their own passwords, and the superuser is not admitted',
      async () => {
        const connect = (user: string, password: string) => {
          const url = Object.assign(new URL(databaseUrl('gateway')), { username: user, password });
          return onServer(url.href, async () => 'connected');
        };
        const passwordOf = (service: string) => new URL(databaseUrl(service)).password;
        expect(await connect('gatehouse_policy', passwordOf('policy'))).toBe('connected');
        const [failed, unknown] = [/SASL authentication failed/, /no such user|authentication failed/];
        await expect(connect('gatehouse_policy', passwordOf('gateway'))).rejects.toThrow(failed);
        await expect(connect('postgres', passwordOf('operator'))).rejects.toThrow(unknown);
      },
    );

    it('exit when NATS rejects their nkey after a rotation, so that a restart gives them the new nkey', async () => {
      await stack.changeNatsKeys();
      for (const process of running) {
        expect(await process.gone).toBe(1);
        expect(process.output()).toMatch(/Authorization Violation/);
      }
    });
  });
});
