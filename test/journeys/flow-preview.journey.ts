import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPreviewLink, type PreviewLink, sealPreviewLink } from '../../libs/executor/src/preview/preview-link.js';
import { Sealer } from '../../libs/platform/src/sealing.js';
import { violations } from '../support/access.js';
import {
  blueprint,
  EMAIL,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { submit } from '../support/forms.js';
import { asking, fieldEntry } from '../support/prompts.js';

const WRITE = { stage: 'user_write.userwritestage', attrs: { user_creation_mode: 'always_create' } };
const CONSENT = { stage: 'consent.consentstage', attrs: { mode: 'permanent' } };
const TOKEN = 'a-token-of-the-superuser'; // not-a-secret

let deployment: Deployment;
let sealer: Sealer;
let gateways: [string, string];
/** Browser of the superuser root. Two gateways get its requests in turn. */
let root: Browser;

beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment', 'consent'],
    gateway: { PREVIEW_MAX_S: '3600' },
    blueprints: [
      blueprint(
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        tokenEntry('root', TOKEN),
        userEntry('alice', { email: 'alice@example.org' }),
        userEntry('bob'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('consenting', [IDENTIFICATION, CONSENT, PASSWORD, LOGIN]),
        flowEntries('recovery', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
        flowEntries('signup', [WRITE, LOGIN], { designation: 'enrollment' }),
        fieldEntry('another', ['username', 'username']),
        flowEntries('another', [IDENTIFICATION, asking('another', ['username']), WRITE]),
        flowEntries('another-of-mine', [asking('another', ['username']), WRITE], {
          ...{ designation: 'stage_configuration', authentication: 'require_authenticated' },
        }),
        flowEntries('leave', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
  });
  sealer = new Sealer(deployment.sealing['SEAL_KEYS']!);
  gateways = [deployment.url, await deployment.openAnotherGateway()];
}, 120_000);
afterAll(() => deployment?.close());

const logIn = async (username: string): Promise<Browser> => {
  const browser = deployment.browser().at(...gateways);
  const named = await browser.solve('login', { uid_field: username });
  expect(named.body).toMatchObject({ component: 'ak-stage-password' });
  expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  return browser;
};
beforeEach(async () => {
  root = await logIn('root');
  await deployment.rows('DELETE FROM flow.outbox');
});

const linkTo = async (slug: string, ...more: string[]): Promise<string> => {
  const printed = await deployment.command('flow', 'preview', slug, '1', '--user', 'alice', ...more);
  return new URL(printed.trim()).pathname.split('/')[3]!;
};
const changedLink = (token: string, change: Partial<PreviewLink>) =>
  sealPreviewLink(sealer, { ...openPreviewLink(sealer, token)!, ...change });

interface PreviewBody {
  readonly preview: { readonly state: string; readonly notes: readonly { what: string; details: object }[] };
}
const run = (
  browser: Browser,
  link: string,
  {
    headers = {},
    ...body
  }: { readonly headers?: Readonly<Record<string, string>>; readonly [field: string]: unknown } = {},
) =>
  browser.fetch(`/api/v3/flows/previews/${link}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const previewOf = ({ body }: Awaited<ReturnType<typeof run>>) => (body as unknown as PreviewBody).preview;

/** Runs a flow with answers, one after the other, at two gateways in turn. Returns the last response and all notes. */
async function runThrough(link: string, ...answers: object[]) {
  let response = await run(root, link);
  const notes = [...previewOf(response).notes];
  for (const answer of answers) {
    response = await run(root, link, { state: previewOf(response).state, answer });
    notes.push(...previewOf(response).notes);
  }
  return { response, notes };
}
const topics = async () =>
  (await deployment.rows<{ topic: string }>('SELECT topic FROM flow.outbox ORDER BY topic')).map(({ topic }) => topic);
const counts = () =>
  deployment.rows(`SELECT (SELECT count(*) FROM flow.sessions) AS sessions, (SELECT count(*) FROM flow.plans) AS plans,
    (SELECT count(*) FROM directory.users) AS users, (SELECT count(*) FROM flow.resume_tokens) AS tokens,
    (SELECT coalesce(sum(revision), 0) FROM flow.plans) AS revisions, (SELECT count(*) FROM flow.reputation) AS reputation`);

describe('a preview', () => {
  it('runs until the login of the test user, which it reports but does not perform', async () => {
    const [before, cookie] = [await counts(), root.cookie()];
    const link = await linkTo('login');
    const { response, notes } = await runThrough(
      link,
      { uid_field: 'alice' },
      { password: 'correct-horse-7' }, // not-a-secret
    );
    expect(response.body).toMatchObject({ component: 'xak-flow-redirect', to: '/' });
    expect(notes.map(({ what }) => what)).toContain('login');
    expect(response.setCookies.filter((line) => /session|known|mfa/.test(line))).toEqual([]);
    expect([await counts(), root.cookie(), await usernameOf(root)]).toEqual([before, cookie, 'root']);
    expect(await topics()).toEqual(['events.flow_previewed']);
  });

  it('treats all other users as unknown, and counts wrong answers as attempts', async () => {
    const link = await linkTo('login');
    const { response } = await runThrough(link, { uid_field: 'bob' }, { password: 'correct-horse-7' }); // not-a-secret
    expect(response.body).toMatchObject({ component: 'ak-stage-password', response_errors: { password: [{}] } });
    expect(await deployment.rows('SELECT FROM flow.attempts')).not.toEqual([]);
    await deployment.rows('DELETE FROM flow.attempts');
  });

  it('shows a mail without sending it, and the link of the mail does not work in a login', async () => {
    const { notes } = await runThrough(await linkTo('recovery'), { uid_field: 'alice' });
    const mail = notes.find(({ what }) => what === 'mail')?.details as { to: string; variables: { url: string } };
    expect(mail).toMatchObject({ to: 'alice@example.org' });
    expect(await topics()).toEqual(['events.flow_previewed']);
    const visitor = deployment.browser();
    const { body } = await visitor.show('recovery', new URL(mail.variables.url).search.slice(1));
    expect(body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('skips a stage that would write other data, such as a consent, and says so', async () => {
    const { response, notes } = await runThrough(await linkTo('consenting'), { uid_field: 'alice' });
    expect(response.body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(notes).toMatchObject([{ what: 'left_out', details: { kind: 'consent' } }]);
  });

  it('creates no user', async () => {
    const before = await counts();
    const { response, notes } = await runThrough(await linkTo('signup'));
    expect(notes).toContainEqual({ what: 'left_out', details: expect.objectContaining({ kind: 'user_write' }) });
    expect(response.body['component']).toBe('ak-stage-access-denied');
    expect(await counts()).toEqual(before);
  });

  it('creates no user even if the flow always creates one, for a known or a logged-in user', async () => {
    const before = await counts();
    const newcomer = { username: 'mallory' };
    for (const run of [
      runThrough(await linkTo('another'), { uid_field: 'alice' }, newcomer),
      runThrough(await linkTo('another-of-mine'), newcomer),
    ])
      expect((await run).notes).toContainEqual({
        what: 'left_out',
        details: expect.objectContaining({ kind: 'user_write' }),
      });
    expect(await counts()).toEqual(before);
  });

  it('of a logout does not log the operator out', async () => {
    await runThrough(await linkTo('leave'));
    expect(await usernameOf(root)).toBe('root');
  });
});

describe('a preview link', () => {
  it('that one gateway has created works at another', async () => {
    const [first, second] = [root.at(gateways[0]), root.at(gateways[1])];
    const { status, headers } = await submit(first, '/if/admin/flows/login/preview/?version=1', { user: 'alice' });
    const page = headers.get('location') ?? '';
    expect([status, page]).toEqual([303, expect.stringMatching(/^\/if\/preview\/[\w-]+\/$/)]);
    expect((await second.fetch(page)).text).toContain('alice');
    const response = await run(second, page.split('/')[3]!);
    expect(response.body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('is refused to all visitors except a superuser with a session', async () => {
    const link = await linkTo('login');
    const anonymous = await run(deployment.browser(), link);
    const alice = await run(await logIn('alice'), link);
    const byToken = await run(deployment.browser(), link, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect([anonymous, alice, byToken].map(({ status, body }) => [status, body['code']])).toEqual([
      [403, 'not_authenticated'],
      [403, 'permission_denied'],
      [403, 'permission_denied'],
    ]);
    const page = await deployment.browser().fetch(`/if/preview/${link}/`);
    expect([page.status, page.text.includes('ak-stage-identification')]).toEqual([403, false]);
  });

  it('is refused, with the reason, if it was altered, has expired, or its version or test user is gone', async () => {
    const link = await linkTo('login');
    const past = new Date(Date.now() - 1000).toISOString();
    const early = new Date(Date.now() - 3_601_000).toISOString();
    const [{ id: rootId } = { id: '' }] = await deployment.rows<{ id: string }>(
      "SELECT id FROM directory.users WHERE username = 'root'",
    );
    const messages = await Promise.all(
      [
        `${link.slice(0, 60)}${link[60] === 'A' ? 'B' : 'A'}${link.slice(61)}`,
        changedLink(link, { expires: past }),
        changedLink(link, { issued: early }),
        changedLink(link, { flow: 'recovery' }),
        changedLink(link, { version: '00000000-0000-4000-8000-000000000000' }),
        changedLink(link, { user: rootId }),
        changedLink(link, { user: '00000000-0000-4000-8000-000000000000' }),
      ].map(async (token) => {
        const { status, body } = await run(root, token);
        return [status, body['detail']];
      }),
    );
    const expired = [403, 'This preview link has expired. Create another one.'];
    const gone = [403, 'The previewed version of the flow no longer exists.'];
    const user = [403, 'The test user of this preview must exist, be active, and be no superuser.'];
    expect(messages).toEqual([
      [403, 'This preview link is not valid. Create another one.'],
      ...[expired, expired, gone, gone, user, user],
    ]);
  });

  it('does not continue its run in another session, without superuser rights, or after a logout', async () => {
    const link = await linkTo('login');
    const { state } = previewOf(await run(root, link));
    const body = { state, answer: { uid_field: 'alice' } };
    const other = await logIn('root');
    expect((await run(other, link, body)).body).toMatchObject({
      ...{ code: 'preview_refused', detail: 'This preview was started elsewhere. Open its link again.' },
    });
    expect((await run(root, await linkTo('login'), body)).body).toMatchObject({ code: 'preview_refused' });
    await deployment.rows("UPDATE directory.groups SET is_superuser = false WHERE name = 'admins'");
    expect((await run(root, link, body)).body).toMatchObject({ code: 'permission_denied' });
    await deployment.rows("UPDATE directory.groups SET is_superuser = true WHERE name = 'admins'");
    expect((await run(root, link, body)).status).toBe(200);
    await root.show('leave');
    expect((await run(root, link, body)).body).toMatchObject({ code: 'not_authenticated' });
  });

  it('needs the CSRF token, and a recent login of the operator', async () => {
    const link = await linkTo('login');
    expect((await run(root, link, { headers: { 'x-authentik-csrf': 'x'.repeat(32) } })).body).toMatchObject({
      code: 'csrf_failed',
    });
    await deployment.rows(
      `UPDATE flow.sessions SET data = data || '{"login_at": "2020-01-01T00:00:00Z", "proved_at": "2020-01-01T00:00:00Z"}'`,
    );
    expect((await run(root, link)).body).toMatchObject({ code: 'proof_required' });
  });

  it('is ignored in the request of a visitor, and so is a preview state', async () => {
    const link = await linkTo('login');
    const { state } = previewOf(await run(root, link));
    const visitor = deployment.browser();
    const body = { uid_field: 'alice', state, preview: { user: 'alice', state }, link };
    expect((await visitor.solve('login', body)).body).toMatchObject({ component: 'ak-stage-password' });
    expect((await visitor.solve('login', { ...body, password: 'wrong' })).body).toHaveProperty('response_errors');
    expect(await usernameOf(visitor)).toBeUndefined();
  });
});

describe('flow preview', () => {
  it.each([
    [['login', '99', '--user', 'alice'], 'has no version 99'],
    [['nowhere', '1', '--user', 'alice'], 'has no version 1'],
    [['login', '1'], '--user is missing'],
    [['login', '1', '--user', 'alice', '--for', '25h'], '--for must be a time from 1m to 24h'],
  ])('refuses %j', async (args, message) => {
    await expect(deployment.command('flow', 'preview', ...args)).rejects.toThrow(message);
  });
});

describeInChromium('the page of a preview', () => {
  const chromium = useChromium();

  it('says that it is a preview, runs the flow, and does not redirect at the end', async () => {
    const { page, complaints } = await chromium.open();
    await page.context().addCookies([
      { name: 'authentik_session', value: root.cookie()!, url: deployment.url },
      { name: 'authentik_csrf', value: root.cookie('authentik_csrf')!, url: deployment.url },
    ]);
    await page.goto(`${deployment.url}/if/preview/${await linkTo('login')}/`);
    const banner = page.getByText('This is a preview of version 1 as the user alice.');
    await banner.waitFor();
    expect(await violations(page)).toEqual([]);
    for (const [label, text] of [
      ['Username or email', 'alice'],
      ['Password', 'correct-horse-7'],
    ] as const) {
      await page.getByLabel(label, { exact: true }).fill(text);
      await page.keyboard.press('Enter');
    }
    await page.getByText('The flow leads to /.').waitFor();
    await banner.waitFor();
    const panel = page.getByRole('complementary', { name: 'Preview' });
    // The panel is beside the step, not below it.
    expect((await panel.boundingBox())!.x).toBeGreaterThan((await banner.boundingBox())!.x);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await panel.getByRole('listitem').allTextContents()).toContainEqual(expect.stringMatching(/^login/));
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('alice');
    expect(complaints).toEqual([]);
  });
});
