import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { countingAttempts } from '../support/counting-attempts.js';
import { Deployment } from '../support/deployment.js';

const LIMIT = 5;
const PARALLEL = 200;
const NAMES = ['alice', 'bob', 'carol', 'dave'];

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    pgbouncer: true,
    blueprints: [
      blueprint(
        NAMES.map((name) => userEntry(name)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
      ),
    ],
    // Delays are so long that none ends while a slow machine still sends requests.
    gateway: { NETWORK_ATTEMPTS_FREE: '100000', ATTEMPTS_DELAY_S: '600' },
  });
});
afterAll(() => deployment.close());
beforeEach(() => deployment.rows('DELETE FROM flow.attempts'));

const countEvents = async (action: string) =>
  (await deployment.rows('SELECT FROM flow.outbox WHERE topic = $1', [`events.${action}`])).length;

describe('two concurrent answers with the right password', () => {
  it('create one session and one event, and get the same response', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const before = await countEvents('login');

    const answers = await Promise.all([1, 2].map(() => browser.solve('login', { password: 'correct-horse-7' })));

    expect(answers.map(({ body }) => body)).toEqual(Array(2).fill({ component: 'xak-flow-redirect', to: '/' }));
    expect(
      answers.filter(({ setCookies }) => setCookies.some((line) => line.startsWith('authentik_session='))),
    ).toHaveLength(1);
    expect(await countEvents('login')).toBe(before + 1);
    const sessions = await deployment.rows(
      `SELECT FROM flow.sessions s JOIN directory.users u ON u.id = s.user_id WHERE u.username = 'alice'`,
    );
    expect(sessions).toHaveLength(1);
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(200);
    expect(await deployment.rows(`SELECT FROM flow.attempts WHERE credential = 'password' AND failures > 0`)).toEqual(
      [],
    );
  });
});

describe('wrong passwords', () => {
  it.each(['several plans', 'one plan'])(
    `cost at most ${LIMIT} hashes when ${PARALLEL} are sent concurrently to %s`,
    async (kind) => {
      const shared = deployment.browser();
      const browsers = Array.from({ length: PARALLEL }, () => (kind === 'one plan' ? shared : deployment.browser()));
      for (const browser of new Set(browsers)) await browser.solve('login', { uid_field: 'bob' });

      const { result, judged } = await countingAttempts(deployment, () =>
        Promise.all(browsers.map((browser, i) => browser.solve('login', { password: `guess-${i}` }))),
      );

      expect(judged).toBeLessThanOrEqual(LIMIT);
      expect(judged).toBeGreaterThan(0);
      expect(result.filter(({ status }) => status !== 200)).toEqual([]);
      expect(result.filter(({ body }) => body['component'] === 'xak-flow-redirect')).toEqual([]);
    },
  );

  it('lock the right password until the delay ends: it gets the response for a wrong password', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'carol' });
    await browser.solve('login', { password: 'wrong' });
    await deployment.rows(
      `UPDATE flow.attempts SET failures = ${LIMIT}, free_at = now() + interval '1 hour' WHERE credential = 'password'`,
    );

    const { result, judged } = await countingAttempts(deployment, () =>
      browser.solve('login', { password: 'correct-horse-7' }),
    );
    expect(result.body).toMatchObject({
      response_errors: { password: [{ string: 'Invalid password', code: 'invalid' }] },
    });
    expect(judged).toBe(0);
    await deployment.rows('UPDATE flow.attempts SET free_at = now()');

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('end a login after the same number of responses, whether the password is verified or locked', async () => {
    const answerWrongly = async () => {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field: 'dave' });
      const bodies: unknown[] = [];
      for (let i = 0; i < LIMIT; i++) bodies.push((await browser.solve('login', { password: 'wrong' })).body);
      return bodies;
    };
    const judged = await answerWrongly();
    expect(judged.at(-1)).toMatchObject({ component: 'ak-stage-access-denied' });

    const refused = await countingAttempts(deployment, answerWrongly);
    expect(refused).toEqual({ result: judged, judged: 0 });
  });

  const failures = async () =>
    (
      await deployment.rows<{ failures: number }>(`SELECT failures FROM flow.attempts WHERE credential = 'password'`)
    ).map((row) => row.failures);

  it('are all counted, although only one of several concurrent answers to a plan is saved (accident 54)', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'dave' });
    await Promise.all([1, 2, 3].map((guess) => browser.solve('login', { password: `guess-${guess}` })));
    expect(await failures()).toEqual([3]);
  });

  it('stay counted when the save of their request fails (accident 54)', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'dave' });
    await deployment.rows(`CREATE FUNCTION flow.fail() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN RAISE EXCEPTION 'no save'; END$$`);
    await deployment.rows('CREATE TRIGGER fail BEFORE UPDATE ON flow.plans FOR EACH ROW EXECUTE FUNCTION flow.fail()');
    const { judged } = await countingAttempts(deployment, () => browser.solve('login', { password: 'wrong' }));
    await deployment.rows('DROP FUNCTION flow.fail CASCADE');
    expect([judged, await failures()]).toEqual([1, [1]]);
  });

  it('are counted together for every spelling of the username', async () => {
    const spellings = ['dave', 'DAVE', 'Dave', 'dave@example.org', 'DAVE@EXAMPLE.ORG'];
    for (const uid_field of spellings) {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field });
      await browser.solve('login', { password: 'wrong' });
    }
    const rows = await deployment.rows<{ failures: number }>(
      `SELECT failures FROM flow.attempts WHERE credential = 'password' AND failures = $1`,
      [spellings.length],
    );

    expect(rows).toHaveLength(1);
  });
});
