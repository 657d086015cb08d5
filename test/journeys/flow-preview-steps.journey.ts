import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SoftwareAuthenticator } from '../../libs/stages/testing/software-authenticator.js';
import {
  blueprint,
  DUMMY,
  EMAIL,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { allRows, changedRows } from '../support/changed-rows.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { LINK_QUESTION } from '../support/mailed-links.js';
import { PreviewRun, requestPreview } from '../support/preview-run.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { SiteverifyServer } from '../support/siteverify.js';

const CAPTCHA = 'captcha.captchastage';
const PROOF = {
  ...{ public_key: 'none', api_url: 'gatehouse:proof-of-work' },
  private_key: 'a key that nobody has ever guessed', // not-a-secret
};
const SETTING = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const PASSKEY = 'authenticator_webauthn.authenticatorwebauthnstage';
/** PREVIEW_RATE of the gateway: few enough requests for a test to exceed, and more than any other test sends. */
const RATE = 40;

let provider: SiteverifyServer;
let deployment: Deployment;
let gateways: [string, string];
/** Browser of the superuser root. Two gateways get its requests in turn. */
let root: Browser;

beforeAll(async () => {
  provider = await SiteverifyServer.open('hush-hush-hush');
  const outside = { public_key: 'site', private_key: 'hush-hush-hush', api_url: provider.url }; // not-a-secret
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    host: 'localhost',
    services: ['identification', 'password', 'session', 'captcha', 'enrollment', 'mfa'],
    gateway: { PREVIEW_RATE: String(RATE) },
    environment: { CAPTCHA_HOSTS: '127.0.0.1', CAPTCHA_PROOF_TRIES: '200' },
    blueprints: [
      blueprint(
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        userEntry('alice', { email: 'alice@example.org' }),
        userEntry('bob'),
        { model: `authentik_stages_${CAPTCHA}`, id: 'inside', identifiers: { name: 'inside' }, attrs: outside },
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('proof', [{ stage: CAPTCHA, attrs: PROOF }, DUMMY]),
        flowEntries('provider', [{ stage: CAPTCHA, attrs: outside }, DUMMY]),
        flowEntries('late', [IDENTIFICATION, { stage: CAPTCHA, attrs: outside }, DUMMY]),
        flowEntries('embedded', [
          { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, captcha_stage: keyOf('inside') } },
          DUMMY,
        ]),
        flowEntries('recovery', [IDENTIFICATION, EMAIL, DUMMY], { designation: 'recovery' }),
        flowEntries('passkeys', [{ stage: PASSKEY }], SETTING),
        fieldEntry('profile', ['name', 'text']),
        flowEntries('profile', [asking('profile', ['name']), writing('never_create')], SETTING),
      ),
    ],
  });
  // Passkeys need a host name in the address, not an IP address.
  gateways = [deployment.url, (await deployment.openAnotherGateway()).replace('127.0.0.1', 'localhost')];
}, 120_000);
afterAll(async () => {
  await deployment?.close();
  await provider?.close();
});

beforeEach(async () => {
  provider.requests.length = 0;
  root = deployment.browser().at(...gateways);
  await root.solve('login', { uid_field: 'root' });
  await root.solve('login', { password: 'correct-horse-7' }); // not-a-secret
});

const linkTo = async (slug: string): Promise<string> => {
  const printed = await deployment.command('flow', 'preview', slug, '1', '--user', 'alice');
  return new URL(printed.trim()).pathname.split('/')[3]!;
};
const runOf = async (slug: string) => new PreviewRun(root, await linkTo(slug));

/** Solves the proof of work of a captcha challenge. Returns the token. */
async function solve(captcha: unknown): Promise<string> {
  const { site_key: siteKey } = captcha as { site_key: string };
  const challenge = JSON.parse(Buffer.from(siteKey, 'base64').toString());
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
}
const SCRIPT = '/static/captcha/proof-of-work.js';
const byText = (a: string, b: string) => a.localeCompare(b);
const tablesOf = (rows: readonly string[]) => [...new Set(rows.map((row) => row.split(' ', 1)[0]!))].toSorted(byText);

describe('a captcha in a preview', () => {
  it('runs its proof of work, judges the answer, and writes nothing', async () => {
    const run = await runOf('proof');
    const { body } = await run.show();
    expect(body).toMatchObject({ component: 'ak-stage-captcha', js_url: SCRIPT });
    const before = await allRows(deployment);
    const refused = await run.answer({ token: 'wrong' });
    expect(refused.body).toMatchObject({ component: 'ak-stage-captcha', response_errors: { token: [{}] } });
    const passed = await run.answer({ token: await solve(refused.body) });
    expect(passed.body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(run.notes).toEqual([]);
    expect(changedRows(before, await allRows(deployment))).toEqual([]);
  });

  it('of a provider is replaced by a proof of work, a note says so, and the provider gets no request', async () => {
    const run = await runOf('provider');
    const { body } = await run.show();
    expect(body).toMatchObject({ component: 'ak-stage-captcha', js_url: SCRIPT });
    expect(run.notes).toMatchObject([
      { what: 'replaced', details: { kind: 'captcha', provider: new URL(provider.url).host, by: 'proof of work' } },
    ]);
    expect((await run.answer({ token: 'good 1' })).body).toHaveProperty('response_errors');
    const passed = await run.answer({ token: await solve((await run.show()).body) });
    expect(passed.body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(provider.requests).toEqual([]);
  });

  it('that is embedded in the identification is replaced too', async () => {
    const run = await runOf('embedded');
    const { body } = await run.show();
    expect(body).toMatchObject({ captcha_stage: { component: 'ak-stage-captcha', js_url: SCRIPT } });
    const refused = await run.answer({ uid_field: 'alice', captcha_token: 'good 2' });
    expect(refused.body).toMatchObject({ component: 'ak-stage-identification', response_errors: {} });
    const token = await solve(refused.body['captcha_stage']);
    const passed = await run.answer({ uid_field: 'alice', captcha_token: token });
    expect(passed.body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(provider.requests).toEqual([]);
  });
});

describe('the link of a mail in a preview', () => {
  const tokenOf = ({ notes }: PreviewRun) => {
    const [mail] = notes.filter(({ what }) => what === 'mail').slice(-1);
    const { url } = mail!.details['variables'] as { url: string };
    return new URL(url).searchParams.get('flow_token')!;
  };
  const mailed = async () => {
    const run = await runOf('recovery');
    await run.show();
    await run.answer({ uid_field: 'alice' });
    return { run, token: tokenOf(run) };
  };
  const confirm = (run: PreviewRun, { body }: BrowserResponse) =>
    run.answer({ component: 'ak-stage-consent', token: body['token'] });

  it('asks for confirmation, continues the preview, and does not verify the mail address', async () => {
    await deployment.rows(`UPDATE directory.users SET verified_email = ''`);
    const { run, token } = await mailed();
    const before = await allRows(deployment);
    const question = await run.follow(token);
    expect(question.body).toMatchObject(LINK_QUESTION);
    expect((await confirm(run, question)).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect((await run.follow(token)).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(changedRows(before, await allRows(deployment))).toEqual([]);
  });

  it('is used up by the code of the same mail', async () => {
    const { run, token } = await mailed();
    const [{ details }] = run.notes.filter(({ what }) => what === 'mail') as [(typeof run.notes)[number]];
    const { code } = details['variables'] as { code: string };
    expect((await run.answer({ code })).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect((await run.follow(token)).body).toMatchObject({ response_errors: { non_field_errors: [{}] } });
  });

  it('is refused in another preview, and ignored in a login', async () => {
    const { token } = await mailed();
    const other = await runOf('recovery');
    await other.show();
    expect((await other.follow(token)).body).toMatchObject({
      component: 'ak-stage-identification',
      response_errors: { non_field_errors: [{ string: 'Link was already used, please request a new link.' }] },
    });
    const visited = await deployment.browser().show('recovery', `flow_token=${token}`);
    expect(visited.body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('is refused with 400 if its token is too long', async () => {
    const { run } = await mailed();
    expect((await run.follow('x'.repeat(256))).status).toBe(400);
  });
});

describe('a preview writes nothing but its test user, attempts, and the event of its start', () => {
  it('when it sets up a passkey', async () => {
    const before = await allRows(deployment);
    const run = await runOf('passkeys');
    const { body: asked } = await run.show();
    expect(asked).toMatchObject({ component: 'ak-stage-password' });
    const { body } = await run.answer({ password: 'correct-horse-7' }); // not-a-secret
    const { challenge } = body['registration'] as { challenge: string };
    const key = new SoftwareAuthenticator();
    const response = key.create({ challenge, origin: deployment.url, rpId: 'localhost' });
    expect((await run.answer({ response })).body).toMatchObject({ component: 'xak-flow-redirect' });
    const [{ uuid } = { uuid: '' }] = await deployment.rows<{ uuid: string }>(
      "SELECT id AS uuid FROM directory.users WHERE username = 'alice'",
    );
    const changed = changedRows(before, await allRows(deployment));
    expect(tablesOf(changed)).toEqual(['flow.attempts', 'flow.outbox', 'mfa.devices']);
    expect(changed.filter((row) => row.startsWith('mfa.devices') && !row.includes(uuid))).toEqual([]);
    // A password is counted as an attempt before it is checked. After the right password, the counters are back at 0.
    const counters = changed.filter((row) => row.startsWith('flow.attempts'));
    expect(counters.filter((row) => !/(network|"password proved"),0,/.test(row))).toEqual([]);
  });

  it('when it writes the user', async () => {
    const before = await allRows(deployment);
    const run = await runOf('profile');
    await run.show();
    expect((await run.answer({ name: 'Alice of the preview' })).body).toMatchObject({
      component: 'xak-flow-redirect',
    });
    const changed = changedRows(before, await allRows(deployment));
    expect(tablesOf(changed)).toEqual(['directory.users', 'enrollment.done', 'flow.outbox']);
    expect(changed.filter((row) => row.startsWith('directory.users'))).toEqual([
      expect.stringMatching(/alice.*Alice of the preview/),
    ]);
  });
});

describe('PREVIEW_RATE', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  /** Returns the other texts that a lenient decoder reads as the same bytes. */
  const spellingsOf = (link: string) =>
    Array.from(ALPHABET)
      .map((letter) => `${link.slice(0, -1)}${letter}`)
      .filter((text) => text !== link && Buffer.from(text, 'base64url').equals(Buffer.from(link, 'base64url')));

  it('limits the requests with the same link at each gateway, and sends Retry-After', async () => {
    const [link, other] = [await linkTo('login'), await linkTo('login')];
    const [first, second] = [root.at(gateways[0]), root.at(gateways[1])];
    const responses = [];
    for (let i = 0; i < RATE + 5; i++) responses.push(await requestPreview(first, link, { state: 'x' }));
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.body).toMatchObject({ code: 'rate_limited', detail: expect.stringMatching(/./) });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await first.fetch(`/if/preview/${link}/`)).status).toBe(429);
    // Another spelling of the same link must not get a rate limit of its own.
    for (const spelling of spellingsOf(link))
      expect((await requestPreview(first, spelling)).body).toMatchObject({ code: 'preview_refused' });
    expect((await requestPreview(first, other)).status).toBe(200);
    expect((await requestPreview(second, link)).status).toBe(200);
  });
});

describeInChromium('the page of a preview', () => {
  const chromium = useChromium();

  it('solves a proof of work after another step, and follows the link of a mail', async () => {
    const { page, complaints } = await chromium.open();
    await page.context().addCookies([
      { name: 'authentik_session', value: root.cookie()!, url: deployment.url },
      { name: 'authentik_csrf', value: root.cookie('authentik_csrf')!, url: deployment.url },
    ]);
    await page.goto(`${deployment.url}/if/preview/${await linkTo('late')}/`);
    await page.getByLabel('Username or email', { exact: true }).fill('alice');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    await page.goto(`${deployment.url}/if/preview/${await linkTo('recovery')}/`);
    await page.getByLabel('Username or email', { exact: true }).fill('alice');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Follow the link in this mail' }).click();
    await page.getByText('You have followed the link in our email.').waitFor();
    expect(complaints).toEqual([]);
  });
});
