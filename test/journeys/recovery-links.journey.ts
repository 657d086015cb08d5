import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import {
  blueprint,
  brandEntry,
  DUMMY,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { confirmLink, followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { recordedEvents } from '../support/recorded-events.js';

const KEY = 'a'.repeat(40); // not-a-secret
const OLD = 'correct-horse-7';
const NEW = { password: 'another-horse-8', password_repeat: 'another-horse-8' };

/** Passes for a user who has followed a link, unless the user is carol or the browser is logged in. */
const ADMITS = `is_anonymous = not getattr(request.http_request.user, "pk", "")
return is_anonymous and bool(request.context.get("is_restored")) and request.user.username != "carol"`;

const RECOVERY = blueprint(
  ...[fieldEntry('new', ['password', 'password']), fieldEntry('new', ['password_repeat', 'password'])],
  flowEntries(
    'back',
    [IDENTIFICATION, EMAIL, asking('new', ['password', 'password_repeat']), writing('never_create'), LOGIN],
    { designation: 'recovery', authentication: 'require_token' },
  ),
  expressionEntry('admits', ADMITS),
  boundEntry('back', 'admits'),
);

let deployment: Deployment;
let admin: Browser;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'policy', 'consent'],
    gateway: { RECOVERY_LINK_MAX_S: '172800' },
    blueprints: [
      blueprint(
        ...['admin', 'root', 'alice', 'bob', 'carol'].map((name) => userEntry(name)),
        administratorsEntry('admin', 'root'),
        tokenEntry('admin', KEY),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
      ),
    ],
  });
  admin = await login('admin');
}, 120_000);
afterAll(() => deployment?.close());

async function login(username: string, password = OLD): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password });
  return browser;
}
const pathOf = async (username: string) => {
  const [user] = await deployment.rows('SELECT pk FROM directory.users WHERE username = $1', [username]);
  return `/api/v3/core/users/${user!['pk']}/recovery/`;
};
const create = async (username: string, body?: object, browser = admin) =>
  browser.fetch(await pathOf(username), {
    method: 'POST',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
const byToken = async (username: string) =>
  fetch(deployment.url + (await pathOf(username)), { method: 'POST', headers: { authorization: `Bearer ${KEY}` } });
const linkIn = (body: Record<string, unknown>) => new URL(String(body['link']));
const links = (username: string) =>
  deployment.rows(
    `SELECT hash, round(extract(epoch FROM expires_at - now()) / 60)::int AS minutes
     FROM flow.resume_tokens t JOIN directory.users u ON u.id = t.user_id WHERE username = $1`,
    [username],
  );

it('without a recovery flow, no link can be created', async () => {
  expect(await create('alice')).toMatchObject({ status: 400, body: { non_field_errors: ['No recovery flow set.'] } });
});

describe('a recovery link of the API', () => {
  beforeAll(() => deployment.apply(RECOVERY));

  it('sets a new password once, in any browser, and stays valid after visits of mail scanners', async () => {
    const { status, body } = await create('alice');
    expect(status).toBe(200);
    const link = linkIn(body);
    expect(link.href).toMatch(new RegExp(`^${deployment.url}/if/flow/back/\\?flow_token=[A-Za-z0-9]{60}$`));
    const query = link.search.slice(1);
    const scanner = deployment.browser();
    for (const visitor of [scanner, scanner, deployment.browser()])
      expect((await visitor.show('back', query)).body).toMatchObject(LINK_QUESTION);
    const browser = deployment.browser();
    expect((await followLink(browser, 'back', query)).body).toMatchObject({ component: 'ak-stage-prompt' });
    expect((await browser.solve('back', NEW)).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await usernameOf(browser)).toBe('alice');
    expect(await usernameOf(await login('alice', NEW.password))).toBe('alice');
    expect((await scanner.show('back', query)).body).toMatchObject({
      error_message: 'Link was already used, please request a new link.',
    });
    expect((await deployment.browser().show('back', query)).body).toMatchObject({
      error_message: 'This link is invalid or has expired. Please request a new one.',
    });
  });

  it('replaces the older link of the user, and is stored as a hash for `token_duration`', async () => {
    const older = linkIn((await create('bob')).body).search.slice(1);
    expect(await links('bob')).toMatchObject([{ minutes: 1440 }]);
    const opened = deployment.browser();
    const question = await opened.show('back', older);
    const token = linkIn((await create('bob', { token_duration: 'hours=3;minutes=1' })).body).searchParams.get(
      'flow_token',
    )!;
    const hash = createHash('sha256').update(token).digest();
    expect(await links('bob')).toEqual([{ hash, minutes: 181 }]);
    expect((await confirmLink(opened, 'back', { query: older, question })).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
    const events = (await recordedEvents(deployment, 'recovery_link_created')).map(({ data }) => data);
    expect(events.at(-1)).toMatchObject({
      ...{ actor: { type: 'user', username: 'admin' }, user: { username: 'bob' }, flow: 'back' },
      context: { expires_in_s: 10_860 },
    });
    const written = JSON.stringify(events) + deployment.output('gateway');
    for (const secret of [token, hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')])
      expect(written).not.toContain(secret);
  });

  it('is the only valid link of its user, even when several are created concurrently', async () => {
    const created = await Promise.all(Array.from({ length: 4 }, () => create('bob')));
    expect(created.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const [last, ...others] = await links('bob');
    expect(others).toEqual([]);
    const hashes = created.map(({ body }) => createHash('sha256').update(linkIn(body).searchParams.get('flow_token')!));
    expect(hashes.map((digest) => digest.digest('hex'))).toContain((last!['hash'] as Buffer).toString('hex'));
  });

  it('needs a superuser, a known user to whom the flow applies, and a duration within RECOVERY_LINK_MAX_S', async () => {
    const before = await links('bob');
    const forbidden = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
    expect(await create('bob', {}, await login('bob'))).toMatchObject(forbidden);
    expect((await create('bob', {}, deployment.browser())).status).toBe(403);
    for (const id of ['2147483647', '0', 'bob', '9'.repeat(30)])
      expect((await admin.fetch(`/api/v3/core/users/${id}/recovery/`, { method: 'POST' })).status).toBe(404);
    expect(await create('carol')).toMatchObject({
      ...{ status: 400, body: { non_field_errors: ['Recovery flow not applicable to user'] } },
    });
    const format = `soon is not in the correct format of 'hours=3;minutes=1'.`;
    const range = 'Ensure this is from 1 to 172800 seconds.';
    for (const [token_duration, error] of [
      ['soon', format],
      ['seconds=0', range],
      ['days=2;seconds=1', range],
      ['days=-1', range],
    ])
      expect(await create('bob', { token_duration })).toMatchObject({ status: 400, body: { token_duration: [error] } });
    expect((await create('bob', { token_duration: 7 })).status).toBe(400);
    expect((await create('bob', [])).status).toBe(400);
    expect(await links('bob')).toEqual(before);
  });

  it('for a superuser needs a recent login of the caller, and no API token', async () => {
    expect((await byToken('bob')).status).toBe(200);
    const refused = await byToken('root');
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'proof_required' }]);
    const query = linkIn((await create('root')).body).search.slice(1);
    await deployment.rows(`UPDATE flow.sessions SET data = (data - 'proved_at') || '{"login_at": "2026-01-01T00:00:00Z"}'
      WHERE user_id = (SELECT id FROM directory.users WHERE username = 'admin')`);
    expect(await create('root')).toMatchObject({ status: 403, body: { code: 'proof_required' } });
    expect((await create('bob')).status).toBe(200);
    const browser = deployment.browser();
    await followLink(browser, 'back', query);
    await browser.solve('back', NEW);
    expect(await usernameOf(browser)).toBe('root');
  });

  it('starts at the first step of a flow without an email stage, and is refused for a flow without steps', async () => {
    const brandWith = (slug: string, steps: Parameters<typeof flowEntries>[1]) =>
      deployment.apply(
        blueprint(
          flowEntries(slug, steps, { designation: 'recovery' }),
          brandEntry('127.0.0.1', { flow_recovery: keyOf(slug) }),
        ),
      );
    await brandWith('plain', [DUMMY, LOGIN]);
    const { body } = await create('bob');
    const browser = deployment.browser();
    const shown = await followLink(browser, 'plain', linkIn(body).search.slice(1));
    expect(shown.body).toMatchObject({ component: 'ak-stage-dummy' });
    await browser.solve('plain', {});
    expect(await usernameOf(browser)).toBe('bob');
    await brandWith('empty', []);
    expect(await create('bob')).toMatchObject({
      ...{ status: 400, body: { non_field_errors: ['Recovery flow not applicable to user'] } },
    });
  });
});
