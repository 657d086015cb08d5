import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { countingAttempts } from '../support/counting-attempts.js';
import { Deployment } from '../support/deployment.js';

const LIMIT = 5;
const PARALLEL = 200;
const NAMES = ['alice', 'bob', 'carol', 'dave'];

let house: Deployment;

beforeAll(async () => {
  house = await Deployment.open({
    blueprints: [
      blueprint(
        NAMES.map((name) => userEntry(name)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
      ),
    ],
    // A machine that is slow to send must not outlast a delay.
    gateway: { NETWORK_ATTEMPTS_FREE: '100000', ATTEMPTS_DELAY_S: '600' },
  });
});
afterAll(() => house.close());
beforeEach(() => house.rows('DELETE FROM flow.attempts'));

const events = async (action: string) =>
  (await house.rows('SELECT FROM flow.outbox WHERE topic = $1', [`events.${action}`])).length;

describe('two answers of the right password at once', () => {
  it('make one session and one event, and the loser sees what the winner saw', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const before = await events('login');

    const answers = await Promise.all([1, 2].map(() => browser.solve('login', { password: 'correct-horse-7' })));

    expect(answers.map(({ body }) => body)).toEqual(Array(2).fill({ component: 'xak-flow-redirect', to: '/' }));
    expect(
      answers.filter(({ setCookies }) => setCookies.some((line) => line.startsWith('authentik_session='))),
    ).toHaveLength(1);
    expect(await events('login')).toBe(before + 1);
    const alive = await house.rows(
      `SELECT FROM flow.sessions s JOIN directory.users u ON u.id = s.user_id WHERE u.username = 'alice'`,
    );
    expect(alive).toHaveLength(1);
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(200);
    expect(await house.rows(`SELECT FROM flow.attempts WHERE credential = 'password' AND failures > 0`)).toEqual([]);
  });
});

describe('wrong passwords', () => {
  it.each(['plans of their own', 'one plan'])(
    `cost at most ${LIMIT} hashes when ${PARALLEL} come at once on %s`,
    async (how) => {
      const shared = house.browser();
      const browsers = Array.from({ length: PARALLEL }, () => (how === 'one plan' ? shared : house.browser()));
      for (const browser of new Set(browsers)) await browser.solve('login', { uid_field: 'bob' });

      const { result, judged } = await countingAttempts(house, () =>
        Promise.all(browsers.map((browser, i) => browser.solve('login', { password: `guess-${i}` }))),
      );

      expect(judged).toBeLessThanOrEqual(LIMIT);
      expect(judged).toBeGreaterThan(0);
      expect(result.filter(({ status }) => status !== 200)).toEqual([]);
      expect(result.filter(({ body }) => body['component'] === 'xak-flow-redirect')).toEqual([]);
    },
  );

  it('keep the right one out until the delay is over, looking just like a wrong one', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'carol' });
    await browser.solve('login', { password: 'wrong' });
    await house.rows(
      `UPDATE flow.attempts SET failures = ${LIMIT}, free_at = now() + interval '1 hour' WHERE credential = 'password'`,
    );

    const { result, judged } = await countingAttempts(house, () =>
      browser.solve('login', { password: 'correct-horse-7' }),
    );
    expect(result.body).toMatchObject({
      response_errors: { password: [{ string: 'Invalid password', code: 'invalid' }] },
    });
    expect(judged).toBe(0);
    await house.rows('UPDATE flow.attempts SET free_at = now()');

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('end a login after as many answers, whether they are judged or refused', async () => {
    const answers = async () => {
      const browser = house.browser();
      await browser.solve('login', { uid_field: 'dave' });
      const told: unknown[] = [];
      for (let i = 0; i < LIMIT; i++) told.push((await browser.solve('login', { password: 'wrong' })).body);
      return told;
    };
    const judged = await answers();
    expect(judged.at(-1)).toMatchObject({ component: 'ak-stage-access-denied' });

    const refused = await countingAttempts(house, answers);
    expect(refused).toEqual({ result: judged, judged: 0 });
  });

  it('count on one counter however the name is written', async () => {
    const spellings = ['dave', 'DAVE', 'Dave', 'dave@example.org', 'DAVE@EXAMPLE.ORG'];
    for (const uid_field of spellings) {
      const browser = house.browser();
      await browser.solve('login', { uid_field });
      await browser.solve('login', { password: 'wrong' });
    }
    const rows = await house.rows<{ failures: number }>(
      `SELECT failures FROM flow.attempts WHERE credential = 'password' AND failures = $1`,
      [spellings.length],
    );

    expect(rows).toHaveLength(1);
  });
});
