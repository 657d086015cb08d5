import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { describeWithNats } from '../support/nats.js';
import type { Environment } from '../support/processes.js';
import { PATTERNS, SERVICES } from './catalogue.js';
import { ComposeStack } from './compose-stack.js';

/** Timeout in milliseconds of a start. The Python of policies starts slowly on a loaded machine. */
const START_TIMEOUT_MS = 60_000;

describeWithNats('the services of docker-compose.yml', () => {
  let stack: ComposeStack;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])));
  });
  afterAll(() => stack?.close());

  /**
   * Resolves with the error of a service that does not start. The gateway, the courier, the policy service and, for all
   * services with stages, `password` start as processes, which must end with exit code 1. The other services start in
   * the service host, because they have the same entry code as `password`.
   */
  async function refusalOf(service: string, changes: Environment): Promise<string> {
    const isProcess = ['gateway', 'courier', 'policy', 'password'].includes(service);
    const started: Promise<unknown> = isProcess
      ? stack.start(service, { ...changes, START_WAIT_S: '0' })
      : stack.startHosted(service, changes);
    const { message } = await started.then(
      () => new Error('it has started'),
      (error: Error) => error,
    );
    if (isProcess && !message.includes('ended with 1 ')) throw new Error(`not exit code 1: ${message}`);
    return message;
  }

  describe('with the NATS user of another service', () => {
    const pairs = SERVICES.map((service, i) => ({ service, other: SERVICES[(i + 1) % SERVICES.length] as string }));

    it.each(pairs)(
      '$service exits when it connects as $other, and logs the reason',
      async ({ service, other }) => {
        expect(await refusalOf(service, { NATS_NKEY_SEED: stack.environment(other)['NATS_NKEY_SEED'] ?? '' })).toMatch(
          /NATS refuses the subscriptions? /,
        );
      },
      START_TIMEOUT_MS,
    );
  });

  it.each(SERVICES)(
    '%s exits when NATS does not know its nkey',
    async (service) => {
      expect(
        await refusalOf(service, { NATS_NKEY_SEED: new TextDecoder().decode(nkeys.createUser().getSeed()) }),
      ).toMatch(/Authorization Violation/);
    },
    START_TIMEOUT_MS,
  );

  it(
    'log a visitor in, each with its own NATS user and Postgres role',
    async () => {
      expect(await stack.isHealthy('gateway')).toBe(false);
      await Promise.all(['gateway', ...PATTERNS.keys()].map((service) => stack.start(service)));
      expect(await stack.isHealthy('gateway')).toBe(true);

      const browser = new Browser(stack.url);
      expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-identification' });
      expect((await browser.solve('login', { uid_field: 'alice' })).body).toMatchObject({ pending_user: 'alice' });
      expect((await browser.solve('login', { password: 'wrong' })).body).toHaveProperty('response_errors');
      expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
      expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
    },
    START_TIMEOUT_MS,
  );

  it('exit when NATS rejects their nkey after a rotation, so that a restart gives them the new nkey', async () => {
    const running = [await stack.start('gateway', { PORT: '0', MONITORING_PORT: '' }), await stack.start('policy')];
    await stack.changeNatsKeys();
    for (const process of running) {
      expect(await process.gone).toBe(1);
      expect(process.output()).toMatch(/Authorization Violation/);
    }
  });
});
