import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;

/** The gateway trusts the tests as a proxy, so that they can send from any network. */
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD]),
        flowEntries('plain', [DUMMY, DUMMY]),
      ),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(() => deployment.close());

const countSessions = async () =>
  (await deployment.rows<{ n: number }>('SELECT count(*)::int AS n FROM flow.sessions'))[0]!.n;

describe('a query that a plan would store', () => {
  const long = `note=${'x'.repeat(14_000)}`;
  const TOO_LONG = 'The query is longer than 2048 bytes.';

  it('may have 2048 bytes', async () => {
    const browser = deployment.browser();
    expect((await browser.show('plain', `note=${'x'.repeat(2043)}`)).status).toBe(200);
    expect((await browser.show('plain', `note=${'x'.repeat(2044)}`)).status).toBe(400);
  });

  it('is refused with 400 if it is longer, and stores no session', async () => {
    const before = await countSessions();
    const browser = deployment.browser();
    const error = { non_field_errors: [TOO_LONG], code: 'query_too_long' };
    expect(await browser.show('plain', long)).toMatchObject({ status: 400, body: error });
    expect(await browser.solve('plain', {}, long)).toMatchObject({ status: 400, body: error });
    const page = await browser.fetch(`/if/flow/plain/?${long}`);
    expect(page.status).toBe(400);
    expect(page.text).toContain(TOO_LONG);
    expect(await countSessions()).toBe(before);
  });
});

describe('a session in which no challenge was answered yet', () => {
  /** Returns the seconds until the session and the plan of a browser end. */
  const lifetimeOf = async () => {
    const [row] = await deployment.rows<{ session: number; plan: number }>(
      `SELECT extract(epoch FROM s.expires_at - now())::float8 AS session,
         extract(epoch FROM p.expires_at - now())::float8 AS plan
       FROM flow.sessions s JOIN flow.plans p ON p.session_id = s.id`,
    );
    return row!;
  };
  const MINUTES = 900;

  it('lasts for 15 minutes, and for the full time after its first answer', async () => {
    await deployment.rows('DELETE FROM flow.sessions');
    const browser = deployment.browser();
    await browser.show('login');
    const unanswered = await lifetimeOf();
    expect(Math.max(unanswered.session, unanswered.plan)).toBeLessThanOrEqual(MINUTES);
    expect(Math.min(unanswered.session, unanswered.plan)).toBeGreaterThan(MINUTES - 60);

    expect((await browser.solve('login', { uid_field: 'alice' })).body).toMatchObject({
      component: 'ak-stage-password',
    });
    const answered = await lifetimeOf();
    expect(Math.min(answered.session, answered.plan)).toBeGreaterThan(3600 - 60);
  });

  it('lasts for the full time after an answer that begins another plan in it', async () => {
    await deployment.rows('DELETE FROM flow.sessions');
    const browser = deployment.browser();
    await browser.show('plain');
    await browser.solve('login', { uid_field: 'alice' });
    expect((await lifetimeOf()).session).toBeGreaterThan(3600 - 60);
  });

  it('is not extended by an answer in its first request, but by the next answer', async () => {
    await deployment.rows('DELETE FROM flow.sessions');
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    expect((await lifetimeOf()).session).toBeLessThanOrEqual(MINUTES);
    await browser.solve('login', { password: 'wrong' });
    const { session, plan } = await lifetimeOf();
    expect(Math.min(session, plan)).toBeGreaterThan(3600 - 60);
  });
});

describe('new sessions of one network', () => {
  it('are limited, while its existing sessions and other networks continue', async () => {
    const url = await deployment.openAnotherGateway({
      ...{ NEW_SESSION_RATE: '3', NEW_SESSION_RATE_PERIOD_S: '3600' },
    });
    const show = (browser: Browser, from: string) =>
      browser.fetch('/api/v3/flows/executor/plain/?query=', { headers: { 'x-forwarded-for': from } });
    const first = new Browser(url);
    const answers = [await show(first, '2001:db8:0:1::1')];
    for (const from of ['2001:db8:0:1::2', '2001:db8:0:1:ffff::3', '2001:db8:0:1::4'])
      answers.push(await show(new Browser(url), from));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[3]!.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(answers[3]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await show(first, '2001:db8:0:1::1')).status).toBe(200);
    expect((await show(new Browser(url), '2001:db8:0:2::1')).status).toBe(200);
  });
});
