import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';

const DENY = { stage: 'deny.denystage', attrs: { deny_message: 'Not today' } };
let deployment: Deployment;

beforeAll(async () => {
  const combined = {
    ...IDENTIFICATION,
    attrs: { user_fields: ['username', 'email'], pretend_user_exists: true },
  };
  deployment = await Deployment.open({
    pgbouncer: true,
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('bob'),
        userEntry('carol', { is_active: false }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('pretending', [combined, PASSWORD, LOGIN]),
        flowEntries('remembering', [
          IDENTIFICATION,
          PASSWORD,
          { ...LOGIN, attrs: { session_duration: 'hours=1', remember_me_offset: 'days=1' } },
        ]),
        flowEntries('only-me', [IDENTIFICATION, PASSWORD, { ...LOGIN, attrs: { terminate_other_sessions: true } }]),
        flowEntries('refusing', [IDENTIFICATION, PASSWORD, DENY]),
        flowEntries('refusing-all', [IDENTIFICATION, DENY]),
        flowEntries('private', [DUMMY], { authentication: 'require_authenticated', title: 'Hello %(user)s' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

async function logIn(browser = deployment.browser(), { slug = 'login', user = 'alice' } = {}) {
  await browser.solve(slug, { uid_field: user });
  const answer = await browser.solve(slug, { password: 'correct-horse-7' });
  return { browser, answer };
}
const me = (browser: ReturnType<Deployment['browser']>) => browser.fetch('/api/v3/core/users/me/');

describe('a login', () => {
  it('runs from the first challenge to the final redirect and authenticates the session', async () => {
    const browser = deployment.browser();
    expect((await browser.show('login', 'next=%2Fapp%2F')).body).toMatchObject({
      component: 'ak-stage-identification',
      user_fields: ['username', 'email'],
      flow_info: { title: 'Welcome', cancel_url: '/flows/-/cancel/', layout: 'stacked' },
    });
    expect((await me(browser)).status).toBe(403);
    const identified = await browser.solve('login', {
      component: 'ak-stage-identification',
      uid_field: 'alice@example.org',
    });
    expect(identified.body).toMatchObject({ component: 'ak-stage-password', allow_show_password: false });
    expect(identified.body).not.toHaveProperty('response_errors');
    const done = await browser.solve('login', { component: 'ak-stage-password', password: 'correct-horse-7' });

    expect(done.body).toEqual({ component: 'xak-flow-redirect', to: '/app/' });
    expect((await me(browser)).body).toMatchObject({
      user: { username: 'alice', is_active: true, is_superuser: false },
    });
    expect((await browser.show('private')).body).toMatchObject({ flow_info: { title: 'Hello alice' } });
  });

  it('replaces the session key and invalidates the old one (accident 33)', async () => {
    const browser = deployment.browser();
    await browser.show('login');
    const before = browser.cookie();
    const { answer } = await logIn(browser);
    const cookie = answer.setCookies.find((line) => line.startsWith('authentik_session='));

    expect(browser.cookie()).not.toBe(before);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(cookie).not.toMatch(/Max-Age|Expires|Secure/i);
    const attacker = deployment.browser();
    attacker.plant(before);
    expect((await me(attacker)).status).toBe(403);
  });

  it('stores neither session keys nor passwords in plain text', async () => {
    const { browser } = await logIn();
    const [dump] = await deployment.rows<{ text: string }>(
      `SELECT string_agg(t, ' ') AS text FROM (
        SELECT s::text AS t FROM flow.sessions s UNION ALL SELECT encode(hash, 'escape') FROM flow.session_keys
        UNION ALL SELECT encode(body, 'escape') FROM flow.plans UNION ALL SELECT encode(body, 'escape') FROM flow.outbox
        UNION ALL SELECT u::text FROM directory.users u) everything`,
    );

    expect(dump?.text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    for (const secret of [browser.cookie() ?? '', 'correct-horse-7', 'ak-stage-password', 'login_failed']) {
      expect(dump?.text).not.toContain(secret);
    }
    expect(deployment.output('gateway') + deployment.output('password')).not.toContain('correct-horse-7');
  });

  it('is refused for a wrong password, which is never echoed', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'bob' });
    const answer = await browser.solve('login', { password: 'my-other-password' });

    expect(answer.body).toMatchObject({
      component: 'ak-stage-password',
      response_errors: { password: [{ string: 'Invalid password', code: 'invalid' }] },
    });
    expect(answer.text).not.toContain('my-other-password');
    expect((await browser.show('login')).body).not.toHaveProperty('response_errors');
    expect((await me(browser)).status).toBe(403);
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('gets identical responses for an unknown, an inactive and an active user', async () => {
    const transcripts = await Promise.all(
      ['alice', 'carol', 'nobody'].map(async (name) => {
        const browser = deployment.browser();
        const identified = await browser.solve('pretending', { uid_field: name });
        const refused = await browser.solve('pretending', { password: 'wrong-for-all' });
        return JSON.stringify([identified.body, refused.body])
          .replaceAll(name, '*')
          .replace(/data:image[^"]+/g, 'avatar');
      }),
    );

    expect(new Set(transcripts).size).toBe(1);
  });

  it('is refused for an inactive user with the right password', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'carol' });

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({
      response_errors: { password: [{ string: 'Invalid password', code: 'invalid' }] },
    });
  });

  it('is denied if the user is disabled between two steps, which ends all sessions of the user (accidents 13, 14)', async () => {
    await deployment.apply(blueprint(userEntry('dave')));
    const { browser: otherSession } = await logIn(undefined, { user: 'dave' });
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'dave' });
    await deployment.apply(blueprint(userEntry('dave', { is_active: false })));

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({
      component: 'ak-stage-access-denied',
      error_message: 'Unknown error',
    });
    expect((await me(otherSession)).status).toBe(403);
  });

  it('is denied if the password is changed after it was proved', async () => {
    await deployment.apply(blueprint(userEntry('erin')));
    const { browser, answer } = await logIn(undefined, { slug: 'remembering', user: 'erin' });
    expect(answer.body).toMatchObject({ component: 'ak-stage-user-login' });
    await deployment.apply(blueprint(userEntry('erin', { password: 'changed-by-its-owner' })));

    expect((await browser.solve('remembering', { remember_me: true })).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
    expect((await me(browser)).status).toBe(403);
  });

  it('prevents session fixation, also between the password and the last step (accident 33)', async () => {
    const attacker = deployment.browser();
    await attacker.show('remembering');
    const victim = deployment.browser();
    victim.plant(attacker.cookie());
    await logIn(victim, { slug: 'remembering', user: 'bob' });

    expect((await attacker.solve('remembering', { remember_me: true })).status).toBe(503);
    expect((await me(attacker)).status).toBe(403);
    expect((await victim.solve('remembering', { remember_me: false })).body).toMatchObject({ to: '/' });
    expect((await me(victim)).body).toMatchObject({ user: { username: 'bob' } });
  });

  it('sets a new CSRF cookie for a logged-in browser that has none', async () => {
    const { browser } = await logIn();
    browser.plant(undefined, 'authentik_csrf');
    await browser.show('private');

    expect((await browser.solve('private', {})).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('asks whether to remember the user if the stage is so configured, and sets the cookie lifetime by the response', async () => {
    const maxAges = await Promise.all(
      [true, false].map(async (remember_me) => {
        const { browser, answer } = await logIn(undefined, { slug: 'remembering' });
        expect(answer.body).toMatchObject({ component: 'ak-stage-user-login', pending_user: 'alice' });
        expect((await me(browser)).status).toBe(403);
        const done = await browser.solve('remembering', { remember_me });
        const line = done.setCookies.find((cookie) => cookie.startsWith('authentik_session='));
        return Number(/Max-Age=(\d+)/.exec(line ?? '')?.[1]);
      }),
    );

    expect(maxAges).toEqual([90_000, 3600]);
  });

  it('ends the other sessions of the user if the stage is so configured, and no sessions of other users', async () => {
    const { browser: first } = await logIn();
    const { browser: bob } = await logIn(undefined, { user: 'bob' });
    const { browser: second } = await logIn(undefined, { slug: 'only-me' });

    expect((await me(first)).status).toBe(403);
    expect((await me(second)).status).toBe(200);
    expect((await me(bob)).status).toBe(200);
    expect((await recordedEvents(deployment, 'login')).at(-1)?.data.context).toMatchObject({
      ended_other_sessions: true,
    });
  });

  it('as another user in the same browser replaces the session and deletes the plans of the first user', async () => {
    const { browser } = await logIn();
    await browser.show('private');
    await logIn(browser, { user: 'bob' });

    expect((await me(browser)).body).toMatchObject({ user: { username: 'bob' } });
    expect((await browser.show('private')).body).toMatchObject({ flow_info: { title: 'Hello bob' } });
  });

  it('requires the CSRF token with responses of a logged-in user, and keeps the plan when it is missing', async () => {
    const { browser } = await logIn();
    await browser.show('private');
    const send = (headers: Record<string, string>) =>
      browser.fetch('/api/v3/flows/executor/private/?query=', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      });

    expect(await send({ 'x-authentik-csrf': 'A'.repeat(32) })).toMatchObject({
      status: 403,
      body: { code: 'csrf_failed' },
    });
    expect(await send({ origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: { code: 'csrf_failed' },
    });
    expect((await send({ origin: deployment.url })).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('refuses a response from another site, which prevents login CSRF', async () => {
    const send = (headers: Record<string, string>) =>
      deployment.browser().fetch('/api/v3/flows/executor/login/?query=', { method: 'POST', headers });

    for (const origin of ['https://evil.example', 'null']) {
      expect(await send({ 'content-type': 'text/plain', origin })).toMatchObject({
        status: 403,
        body: { code: 'csrf_failed' },
        setCookies: [],
      });
    }
    expect(await send({ origin: deployment.url })).toMatchObject({ status: 200 });
  });

  it('writes one sealed login event to the outbox, which names the actor, the request and the plan', async () => {
    const before = await recordedEvents(deployment, 'login');
    const { answer } = await logIn();
    const [event, ...others] = (await recordedEvents(deployment, 'login')).slice(before.length);

    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'gatehouse.login',
      data: {
        ...{ actor: { type: 'user', username: 'alice' }, user: { username: 'alice' }, client_ip: '127.0.0.1' },
        ...{ flow: 'login', plan: expect.stringMatching(/^[0-9a-f-]{36}$/), context: { auth_method: 'password' } },
        request_id: answer.headers.get('x-authentik-id'),
      },
    });
  });

  it('that a stage denies writes an event about the user, but only after a proof', async () => {
    const denials = async () =>
      (await recordedEvents(deployment, 'flow_denied')).filter(({ data }) => data.flow?.startsWith('refusing'));
    const visitor = deployment.browser();
    await visitor.show('refusing-all');
    const unproved = await visitor.solve('refusing-all', { uid_field: 'alice' });
    expect(unproved.body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await denials()).toEqual([]);
    const { answer, browser } = await logIn(undefined, { slug: 'refusing' });
    expect(answer.body).toMatchObject({ component: 'ak-stage-access-denied' });
    for (let i = 0; i < 3; i++) await browser.show('refusing');

    expect(await denials()).toMatchObject([
      {
        data: {
          ...{ outcome: 'refused', actor: { type: 'user', username: 'alice' }, user: { username: 'alice' } },
          ...{ flow: 'refusing', context: { message: 'Not today', stage: { kind: 'deny' } } },
        },
      },
    ]);
  });

  it('that fails writes an event of an anonymous actor about the user, in the same plan as the later login', async () => {
    const [failures, logins] = [
      await recordedEvents(deployment, 'login_failed'),
      await recordedEvents(deployment, 'login'),
    ];
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await browser.solve('login', { password: 'wrong' });
    await browser.solve('login', { password: 'correct-horse-7' });
    const failed = (await recordedEvents(deployment, 'login_failed')).slice(failures.length);
    const [login] = (await recordedEvents(deployment, 'login')).slice(logins.length);

    expect(failed).toMatchObject([
      {
        data: { actor: { type: 'anonymous' }, user: { username: 'alice' }, outcome: 'failure', plan: login!.data.plan },
      },
    ]);
    expect(login!.data.request_id).not.toBe(failed[0]!.data.request_id);
  });
});
