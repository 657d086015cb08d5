import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { describeWithNats } from '../support/nats.js';
import { PATTERNS, SERVICES } from './catalogue.js';
import { ComposeStack } from './compose-stack.js';

/** Python, which one of them brings, is slow to start on a machine that has other work. */
const PATIENCE_MS = 60_000;

describeWithNats('what docker-compose.yml starts', () => {
  let stack: ComposeStack;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])));
  });
  afterAll(() => stack?.close());

  /** The settings by which a service would come in as another. */
  const credentialsOf = (service: string) => {
    const { NATS_USER = '', NATS_PASSWORD = '' } = stack.environment(service);
    return { NATS_USER, NATS_PASSWORD };
  };

  describe('with the NATS user of another', () => {
    const pairs = SERVICES.map((service, i) => ({ service, other: SERVICES[(i + 1) % SERVICES.length] as string }));

    it.each(pairs)(
      'ends $service as $other, and says why',
      async ({ service, other }) => {
        const refused = stack.start(service, credentialsOf(other));
        await expect(refused).rejects.toThrow(/ended with 1 [^]*NATS refuses the subscriptions? /);
      },
      PATIENCE_MS,
    );
  });

  it.each(SERVICES)(
    'ends %s with a password that is wrong',
    async (service) => {
      const refused = stack.start(service, { NATS_PASSWORD: 'wrong' });
      await expect(refused).rejects.toThrow(/ended with 1 [^]*Authorization Violation/);
    },
    PATIENCE_MS,
  );

  it(
    'logs a visitor in, each service with its own user and its own role',
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
    PATIENCE_MS,
  );

  it('ends what NATS has come to refuse, so that one with the new password takes its place', async () => {
    const refused = [await stack.start('gateway', { PORT: '0' }), await stack.start('policy')];
    await stack.changeNatsPasswords();
    for (const process of refused) {
      expect(await process.gone).toBe(1);
      expect(process.output()).toMatch(/Authorization Violation/);
    }
  });
});
