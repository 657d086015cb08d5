import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { post } from '../support/forms.js';

const CODES = {
  stage: 'authenticator_static.authenticatorstaticstage',
  attrs: { configure_flow: keyOf('enrol'), friendly_name: 'Codes <b>to keep</b>' },
};
const APP = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny' },
};
/** A validation stage that accepts TOTP devices only, and sets up a TOTP device for a user who has none. */
const APPS_ONLY = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'configure', configuration_stages: [keyOf('app-1')] },
};
const FOR_MEMBERS = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const PAGE = '/if/user/';
const KEY = 'a-token-of-alice-that-nobody-guesses-0123456789abcdef';

let deployment: Deployment;
/** Unused static codes of Alice. */
let codes: string[];

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('bob'),
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        tokenEntry('alice', KEY),
        flowEntries('enrol', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('strong', [IDENTIFICATION, VALIDATE, LOGIN]),
        flowEntries('app', [CODES, APP], FOR_MEMBERS),
        flowEntries('apps-only', [IDENTIFICATION, PASSWORD, APPS_ONLY, LOGIN]),
      ),
    ],
    services: ['identification', 'password', 'mfa', 'session'],
    gateway: { AUTHENTICATOR_PROOF_S: '300' },
  });
});
afterAll(() => deployment?.close());

beforeEach(async () => {
  await deployment.rows('TRUNCATE mfa.devices CASCADE');
  await setUp('alice');
});

/** Sets up a static device for the user and stores its codes in `codes`. */
async function setUp(username: string): Promise<void> {
  const browser = deployment.browser();
  const { body } = await browser.solve('enrol', { uid_field: username });
  codes = body['codes'] as string[];
  await browser.solve('enrol', {});
}

async function withPassword(username: string): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }]) await browser.solve('login', answer);
  return browser;
}

/** Logs Alice in with her password and one of her static codes, and returns the browser. */
async function withDevice(browser = deployment.browser()): Promise<Browser> {
  await browser.solve('strong', { uid_field: 'alice' });
  const { body } = await browser.solve('strong', { code: codes.pop() });
  expect(body).toMatchObject({ component: 'xak-flow-redirect' });
  return browser;
}

const api = (path: string) => `/api/v3/authenticators/${path}`;
const pkOf = async () => (await deployment.rows<{ pk: number }>('SELECT pk FROM mfa.devices'))[0]!.pk;
const deviceCount = async () => (await deployment.rows('SELECT FROM mfa.devices')).length;
const headers = { 'content-type': 'application/json' };
const change = (browser: Browser, path: string, [method, body]: readonly [method: string, body: object]) =>
  browser.fetch(path, { method, body: JSON.stringify(body), headers });
const remove = (browser: Browser, path: string) => browser.fetch(path, { method: 'DELETE' });
const changeOnPage = (browser: Browser, fields: Readonly<Record<string, string>>) =>
  post(browser, PAGE, { csrf_token: browser.cookie('authentik_csrf')!, ...fields });

describe('the devices of a user', () => {
  it('can be listed and read, without their secrets', async () => {
    const alice = await withPassword('alice');
    const pk = await pkOf();

    const all = await alice.fetch(api('all/'));
    expect(all.body).toEqual([
      {
        ...{ verbose_name: 'Static Device', verbose_name_plural: 'Static Devices', pk, name: 'Static Token' },
        ...{ type: 'authentik_stages_authenticator_static.StaticDevice', confirmed: true, last_used: null },
        meta_model_name: 'authentik_stages_authenticator_static.staticdevice',
        ...{ created: expect.any(String), last_updated: expect.any(String) },
      },
    ]);
    const device = { pk, name: 'Static Token', token_set: [] };
    const listed = await alice.fetch(api('static/'));
    expect(listed.body).toMatchObject({ pagination: { count: 1 }, results: [device] });
    expect((await alice.fetch(api(`static/${pk}/`))).body).toEqual(device);
    expect((await alice.fetch(api('totp/'))).body).toMatchObject({ pagination: { count: 0 }, results: [] });
    for (const code of codes) expect(all.text + listed.text).not.toContain(code);
  });

  it('can be renamed without a device proof, to valid names only', async () => {
    const alice = await withPassword('alice');
    const device = api(`static/${await pkOf()}/`);

    expect((await change(alice, device, ['PATCH', { name: ' Safe ' }])).body).toMatchObject({ name: 'Safe' });
    expect((await change(alice, device, ['PUT', { name: 'Drawer' }])).body).toMatchObject({ name: 'Drawer' });
    expect((await change(alice, device, ['PATCH', {}])).body).toMatchObject({ name: 'Drawer' });
    for (const [body, message] of [
      [{}, 'This field is required.'],
      [{ name: ' ' }, 'This field may not be blank.'],
      [{ name: 'x'.repeat(65) }, 'Ensure this field has no more than 64 characters.'],
      [{ name: ['x'] }, 'Not a valid string.'],
    ] as const)
      expect(await change(alice, device, ['PUT', body])).toMatchObject({ status: 400, body: { name: [message] } });
    expect((await alice.fetch(device)).body).toMatchObject({ name: 'Drawer' });
  });

  it('cannot be listed, read or changed by another user, even an administrator (accident 25)', async () => {
    const device = api(`static/${await pkOf()}/`);
    for (const other of [await withPassword('bob'), await withPassword('root')]) {
      expect((await other.fetch(api('all/'))).body).toEqual([]);
      expect((await other.fetch(device)).status).toBe(404);
      for (const method of ['PUT', 'PATCH', 'DELETE'])
        expect((await change(other, device, [method, { name: 'mine' }])).status).toBe(404);
    }
    expect((await deployment.browser().fetch(device)).status).toBe(403);
    expect(await deviceCount()).toBe(1);
  });

  it.each(['nothing/', 'nothing/1/', 'static/0/', 'static/x/', 'static/99999999999/', 'totp/1/'])(
    'return 404 for an unknown class or id: %s',
    async (path) => {
      expect((await (await withPassword('alice')).fetch(api(path))).status).toBe(404);
    },
  );
});

describe('removing a device', () => {
  it('is refused after a login by password only, and for an API token (accident 25)', async () => {
    const device = api(`static/${await pkOf()}/`);
    const refusal = {
      status: 403,
      body: { code: 'proof_required', detail: 'Sign in again and prove yourself by one of your devices first.' },
    };

    const alice = await withPassword('alice');
    expect(await remove(alice, device)).toMatchObject(refusal);
    const withToken = { method: 'DELETE', headers: { authorization: `Bearer ${KEY}` } };
    expect(await deployment.browser().fetch(device, withToken)).toMatchObject(refusal);
    // A session with a recent device proof does not let an API token remove a device.
    expect(await (await withDevice()).fetch(device, withToken)).toMatchObject(refusal);
    const page = await changeOnPage(alice, { remove: `static.${await pkOf()}` });
    expect(page.status).toBe(403);
    expect(page.text).toContain('Before a device is removed, sign in again');
    expect(await deviceCount()).toBe(1);
  });

  it('is allowed after a recent device proof, and publishes an event', async () => {
    const alice = await withDevice(await withPassword('alice'));
    const device = api(`static/${await pkOf()}/`);

    const before = (await deployment.rows(`SELECT FROM flow.outbox WHERE topic LIKE 'event%'`)).length;
    expect((await remove(alice, device)).status).toBe(204);
    expect((await remove(alice, device)).status).toBe(404);
    expect(await deviceCount()).toBe(0);
    expect((await deployment.rows(`SELECT FROM flow.outbox WHERE topic LIKE 'event%'`)).length).toBe(before + 1);
  });

  it('is refused if the device proof is older than AUTHENTICATOR_PROOF_S, or a later login used no device (accident 25)', async () => {
    const device = api(`static/${await pkOf()}/`);
    const withOldProof = await withDevice();
    await deployment.rows(
      `UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - interval '301 seconds')`,
    );
    expect((await remove(withOldProof, device)).body).toMatchObject({ code: 'proof_required' });

    const later = await withDevice();
    for (const answer of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }]) await later.solve('login', answer);
    expect((await remove(later, device)).body).toMatchObject({ code: 'proof_required' });
    expect(await deviceCount()).toBe(1);
  });

  it('requires the CSRF token', async () => {
    const alice = await withDevice();
    const device = api(`static/${await pkOf()}/`);
    const forgedToken = { 'x-authentik-csrf': 'A'.repeat(32) };
    expect((await alice.fetch(device, { method: 'DELETE', headers: forgedToken })).body).toMatchObject({
      code: 'csrf_failed',
    });
    expect((await post(alice, PAGE, { remove: `static.${await pkOf()}` })).status).toBe(403);
    expect(await deviceCount()).toBe(1);
  });
});

describe('lost devices of a user', () => {
  it('can be removed by an operator command, after which the user sets up a first device again', async () => {
    expect(await deployment.user(['remove-devices', 'alice'])).toBe('removed 1 devices of alice');
    expect(await deviceCount()).toBe(0);
    const alice = await withPassword('alice');
    expect((await alice.show('app')).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
  });
});

describe('an additional device', () => {
  const VALIDATION = { component: 'ak-stage-authenticator-validate', device_challenges: [{ device_class: 'static' }] };
  const deviceTypes = async () =>
    (await deployment.rows<{ kind: string }>('SELECT kind FROM mfa.devices ORDER BY pk')).map(({ kind }) => kind);

  it('requires a proof of an existing device; a password is not enough (accident 25)', async () => {
    const alice = await withPassword('alice');
    for (const answer of [{}, { component: 'ak-stage-authenticator-static' }, { code: 'bogus' }])
      expect((await alice.solve('app', answer)).body).toMatchObject(VALIDATION);
    expect(await deviceTypes()).toEqual(['static']);

    await deployment.rows('DELETE FROM flow.attempts');
    const proved = await alice.solve('app', { code: codes.pop() });
    expect(proved.body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    // One proof counts for every device that the plan sets up.
    expect((await alice.solve('app', {})).body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
    expect(await deviceTypes()).toEqual(['static', 'static']);
  });

  it('needs no further proof after a recent login with a device, but does after an old login (accident 25)', async () => {
    const alice = await withDevice();
    expect((await alice.show('app')).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    await deployment.rows(
      `UPDATE flow.sessions SET data = data || jsonb_build_object('devices_at', now() - interval '301 seconds')`,
    );
    expect((await alice.solve('app', {})).body).toMatchObject(VALIDATION);
    expect(await deviceTypes()).toEqual(['static']);
  });

  it('requires a proof of an existing device, even if the login does not accept devices of its class (accident 25)', async () => {
    const alice = deployment.browser();
    await alice.solve('apps-only', { uid_field: 'alice' });
    expect((await alice.solve('apps-only', { password: 'correct-horse-7' })).body).toMatchObject(VALIDATION);
    expect((await alice.solve('apps-only', { code: codes.pop() })).body).toMatchObject({
      component: 'ak-stage-authenticator-totp',
    });
  });

  it('requires no proof from a user without devices: the first two are set up in one plan', async () => {
    const bob = await withPassword('bob');
    expect((await bob.show('app')).body).toMatchObject({ component: 'ak-stage-authenticator-static' });
    expect((await bob.solve('app', {})).body).toMatchObject({ component: 'ak-stage-authenticator-totp' });
  });
});

describe('the devices on the account page', () => {
  it('are listed with links that set up another device', async () => {
    const alice = await withPassword('alice');
    const { text } = await alice.fetch(PAGE);
    expect(text).toContain('<strong>Static Token</strong>');
    expect(text).toContain('Set up: Codes &lt;b>to keep&lt;/b>');
    const [, way] = /href="(\/flows\/-\/configure\/[^"]+)"/.exec(text)!;
    expect((await alice.fetch(way!)).headers.get('location')).toBe('/if/flow/enrol/?next=%2Fif%2Fuser%2F');
  });

  it('can be renamed and removed by forms, by their owner only', async () => {
    const [alice, bob] = [await withDevice(), await withPassword('bob')];
    const called = `static.${await pkOf()}`;
    for (const fields of [{ rename: called, name: 'mine' }, { remove: called }, { remove: 'no.device' }])
      expect((await changeOnPage(bob, fields)).status).toBe(303);

    expect((await changeOnPage(alice, { rename: called, name: 'Safe <i>' })).status).toBe(303);
    expect((await alice.fetch(PAGE)).text).toContain('<strong>Safe &lt;i></strong>');
    const emptyName = await changeOnPage(alice, { rename: called, name: ' ' });
    expect([emptyName.status, emptyName.text.includes('A name has one character at least')]).toEqual([400, true]);
    expect((await changeOnPage(alice, { remove: called })).status).toBe(303);
    expect((await alice.fetch(PAGE)).text).toContain('You have set up no device yet.');
  });
});
