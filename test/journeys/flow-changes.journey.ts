import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { submit } from '../support/forms.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { recordedEvents } from '../support/recorded-events.js';

const KEY = 'a-token-of-root-that-nobody-guesses-0123456789abcdef'; // not-a-secret
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['static'], not_configured_action: 'deny' },
};
const INSTANCES = '/api/v3/flows/instances';

const greeting = (title: string) => blueprint(flowEntries('greeting', [DUMMY], { title }));

describeWithNats('the API for changes of flows', () => {
  let database: FreshDatabase;
  let deployment: Deployment;
  let second: string;
  let root: Browser;
  beforeAll(async () => {
    database = await migratedDatabase();
    deployment = await Deployment.open({
      database,
      services: ['identification', 'password', 'session', 'mfa', 'blueprints'],
      apart: ['blueprints'],
      gateway: { ANONYMOUS_RATE: '0' },
      // Longer than any test, so that no guard of a rollout acts during a test.
      own: { blueprints: { ROLLOUT_LOOK_S: '600' } },
      blueprints: [
        blueprint(
          ['alice', 'root'].map((name) => userEntry(name)),
          administratorsEntry('root'),
          tokenEntry('root', KEY),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('setup', [IDENTIFICATION, PASSWORD, CODES, LOGIN]),
          flowEntries('proved-login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
        ),
        greeting('One'),
      ],
    });
    second = await deployment.openAnotherGateway({ FLOW_CHANGE_DEVICE_AGE_S: '3600' });
    root = await withSecondFactor();
  });
  afterAll(() => deployment?.close());

  async function passwordGiven(username: string, slug: string) {
    const browser = deployment.browser();
    await browser.show(slug);
    await browser.solve(slug, { uid_field: username });
    const { body } = await browser.solve(slug, { password: 'correct-horse-7' });
    return { browser, body };
  }
  const loggedIn = async (username: string) => {
    const { browser, body } = await passwordGiven(username, 'login');
    expect(body).toMatchObject({ component: 'xak-flow-redirect' });
    return browser;
  };
  /** Logs root in with a recovery code, which another login has set up. */
  async function withSecondFactor() {
    const setup = await passwordGiven('root', 'setup');
    const [code] = (setup.body as { codes: string[] }).codes;
    await setup.browser.solve('setup', {});
    const { browser } = await passwordGiven('root', 'proved-login');
    const { body } = await browser.solve('proved-login', { code });
    expect(body).toMatchObject({ component: 'xak-flow-redirect' });
    return browser;
  }

  const post = (browser: Browser, path: string, body: unknown = {}) =>
    browser.fetch(`${INSTANCES}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const importFile = (browser: Browser, text: string) => {
    const form = new FormData();
    form.set('file', new File([text], 'greeting.yaml'));
    return browser.fetch(`${INSTANCES}/import/`, { method: 'POST', body: form });
  };
  const current = async (slug: string) => {
    const { body } = await root.fetch(`${INSTANCES}/${slug}/versions/`);
    const { versions } = body as { versions: { number: number; state: string }[] };
    return versions.find(({ state }) => state === 'current')?.number;
  };

  /** Returns the title that a new visitor of a gateway sees. */
  const titleAt = async (gateway: string) => {
    const { body } = await new Browser(gateway).show('greeting');
    return (body['flow_info'] as { title: string }).title;
  };
  const newest = async (slug: string) => {
    const { body } = await root.fetch(`${INSTANCES}/${slug}/versions/`);
    return (body as { versions: { number: number }[] }).versions[0]?.number;
  };

  it('imports a blueprint file, returns the response of authentik, and records the user', async () => {
    const { status, body } = await importFile(root, greeting('Two'));
    expect({ status, body }).toMatchObject({ status: 200, body: { success: true } });
    expect(JSON.stringify(body)).toContain('published greeting (version 2)');
    const events = await recordedEvents(deployment, 'blueprint_applied');
    expect(events.at(-1)?.data).toMatchObject({
      actor: { type: 'user', username: 'root' },
      context: { flows: [{ slug: 'greeting', version: 2 }] },
    });
    const refused = await importFile(root, 'entries: 3');
    expect({ status: refused.status, body: refused.body }).toMatchObject({ status: 200, body: { success: false } });
  });

  it('checks, compares, drafts, publishes and rolls back a flow, at any gateway', async () => {
    expect((await post(root, 'check/', { blueprint: greeting('Three') })).body).toMatchObject({ errors: 0 });
    expect((await post(root, 'compare/', { blueprint: greeting('Three') })).body).toMatchObject({
      published: [{ slug: 'greeting', number: 3 }],
    });
    expect(await current('greeting')).toBe(2);
    expect((await post(root, 'draft/', { blueprint: greeting('Three') })).body).toMatchObject({
      drafts: [{ slug: 'greeting', number: 3, new: true }],
    });
    const { differences, ...difference } = (await root.fetch(`${INSTANCES}/greeting/versions/2/diff/3/`)).body;
    expect(differences).toEqual([{ text: 'flow "greeting": title: "Two" → "Three"' }]);
    const printed = await deployment.command('flow', 'diff', 'greeting', '2', '3', '--json');
    expect(difference).toEqual(JSON.parse(printed));
    expect((await post(root, 'greeting/versions/3/publish/', { reason: 'new title' })).body).toMatchObject({
      before: 2,
    });
    expect(await titleAt(second)).toBe('Three');
    expect(await current('greeting')).toBe(3);
    expect((await post(root, 'greeting/rollback/')).body).toMatchObject({ number: 2, before: 3 });
    expect([await titleAt(deployment.url), await titleAt(second)]).toEqual(['Two', 'Two']);
  });

  it('rolls a version out, shows the rollout, changes its share and ends it, at any gateway', async () => {
    await post(root, 'draft/', { blueprint: greeting('Rolled out') });
    const [before, number] = [await current('greeting'), await newest('greeting')];
    const started = await post(root, `greeting/versions/${number}/rollout/`, {
      ...{ percent: 2.5, guard: 'completion=-2%', for: '2h', reason: 'a new title' },
    });
    expect({ status: started.status, body: started.body }).toMatchObject({
      status: 200,
      body: {
        ...{ slug: 'greeting', current: before, candidate: number, percent: 2.5 },
        guard: { condition: 'completion=-2%', margin: 2, looked: null, halted: null, tests: 0, verdict: null },
        counts: { current: { plans: 0, completed: 0, networks: 0, rate: null }, candidate: { plans: 0 } },
      },
    });
    const events = await recordedEvents(deployment, 'flow_rollout_started');
    expect(events.at(-1)?.data).toMatchObject({
      ...{ actor: { type: 'user', username: 'root' }, request_id: expect.any(String), client_ip: '127.0.0.1' },
      context: { version: number, percent: 2.5, guard_margin: 2, reason: 'a new title' },
    });
    await post(root, `greeting/versions/${number}/rollout/`, { percent: 50 });
    const elsewhere = new Browser(second);
    elsewhere.plant(root.cookie());
    expect((await elsewhere.fetch(`${INSTANCES}/greeting/rollout/`)).body).toMatchObject({
      percent: 50,
      guard: { condition: 'completion=-2%' },
    });
    expect((await post(root, 'greeting/rollback/')).body).toMatchObject({ number: before, stopped_rollout: number });
    const over = await root.fetch(`${INSTANCES}/greeting/rollout/`);
    expect({ status: over.status, body: over.body }).toMatchObject({
      ...{ status: 404, body: { code: 'flow_rollout_unknown' } },
    });
  });

  it.each([
    ['no share', {}, 'percent'],
    ['a share of 0 %', { percent: 0 }, 'percent'],
    ['a share of all visitors', { percent: 100 }, 'percent'],
    ['a negative share', { percent: -5 }, 'percent'],
    ['a huge share', { percent: 1e9 }, 'percent'],
    ['a share with too many digits', { percent: 1.234 }, 'percent'],
    ['a share that is a string', { percent: '10' }, 'percent'],
    ['a guard that allows a rise', { percent: 10, guard: 'completion=2%' }, 'guard'],
    ['a guard of an unknown figure', { percent: 10, guard: 'errors=-2%' }, 'guard'],
    ['a time above 7 days', { percent: 10, guard: 'completion=-2%', for: '8d' }, 'for'],
    ['a time without a guard', { percent: 10, for: '1h' }, 'for'],
    ['a reason of 501 characters', { percent: 10, reason: 'x'.repeat(501) }, 'reason'],
    ['a reason with NUL', { percent: 10, reason: 'a\0b' }, 'reason'],
    ['an expectation that is no number', { percent: 10, expected: { current: 'x' } }, 'expected'],
  ])('refuses a rollout with %s, naming the field, and changes nothing', async (...[, body, field]) => {
    const refused = await post(root, 'greeting/versions/1/rollout/', body);
    expect({ status: refused.status, fields: Object.keys(refused.body) }).toEqual({ status: 400, fields: [field] });
    expect((await root.fetch(`${INSTANCES}/greeting/rollout/`)).status).toBe(404);
  });

  it.each(['versions/1/publish/', 'publish/', 'rollback/', 'versions/1/rollout/'])(
    'refuses %s with 409 if the current version is not the expected one, and changes nothing',
    async (path) => {
      const before = await current('greeting');
      const refused = await post(root, `greeting/${path}`, { percent: 10, expected: { current: 99 } });
      expect({ status: refused.status, body: refused.body }).toMatchObject({
        ...{ status: 409, body: { code: 'flow_changed', detail: expect.stringContaining('not version 99') } },
      });
      expect(await current('greeting')).toBe(before);
    },
  );

  it('exports a flow as a blueprint that changes nothing when it is imported', async () => {
    const { headers, text } = await root.fetch(`${INSTANCES}/proved-login/export/`);
    expect(headers.get('content-disposition')).toBe('attachment; filename="proved-login.yaml"');
    expect((await post(root, 'apply/', { blueprint: text })).body).toMatchObject({ changed: false });
  });

  it.each([
    ['an unknown flow', 'nowhere/versions/1/publish/', {}, 404, 'flow_unknown'],
    ['an unknown version', 'greeting/versions/99/publish/', {}, 404, 'flow_version_unknown'],
    ['a version that is no number', 'greeting/versions/x/publish/', {}, 404, 'flow_version_unknown'],
    ['an invalid blueprint', 'apply/', { blueprint: '{' }, 400, 'blueprint_invalid'],
    ['a blueprint with a user', 'apply/', { blueprint: blueprint(userEntry('mallory')) }, 400, 'blueprint_invalid'],
    [
      'a blueprint with a secret of the service',
      'apply/',
      { blueprint: greeting('!Env SEAL_KEYS').replace('"!Env SEAL_KEYS"', '!Env SEAL_KEYS') },
      400,
      'blueprint_invalid',
    ],
    ['a body above the limit', 'apply/', { blueprint: 'x'.repeat(1_400_000) }, 413, 'body_too_large'],
  ])('refuses %s with a named error, and changes nothing', async (...[, path, body, status, code]) => {
    const before = await current('greeting');
    const refused = await post(root, path, body);
    expect({ status: refused.status, body: refused.body }).toMatchObject({ status, body: { code } });
    expect(await current('greeting')).toBe(before);
  });

  it.each([
    ['NUL', 'a\0b', 'Null characters are not allowed.'],
    ['a lone surrogate', 'a\ud800b', 'Surrogate characters are not allowed: U+D800.'],
  ])('refuses %s in the name of a file and in a reason, with an error of the field', async (what, text, message) => {
    for (const path of ['compare/', 'draft/', 'apply/']) {
      const { status, body } = await post(root, path, { blueprint: greeting(`With ${what}`), name: text });
      expect({ status, body }).toMatchObject({ status: 400, body: { name: [message] } });
    }
    for (const path of ['greeting/publish/', 'greeting/versions/1/publish/', 'greeting/rollback/']) {
      const { status, body } = await post(root, path, { reason: text });
      expect({ status, body }).toMatchObject({ status: 400, body: { reason: [message] } });
    }
  });

  it('needs a superuser, a CSRF token, and a second factor in the session; an API token is not enough', async () => {
    const apply = { blueprint: greeting('Never') };
    expect((await post(await loggedIn('alice'), 'apply/', apply)).body).toMatchObject({ code: 'permission_denied' });
    const unproved = await loggedIn('root');
    expect((await post(unproved, 'apply/', apply)).body).toMatchObject({ code: 'proof_required' });
    const rollout = await post(unproved, 'greeting/versions/1/rollout/', { percent: 10 });
    expect(rollout.body).toMatchObject({ code: 'proof_required' });
    expect((await post(unproved, 'check/', apply)).status).toBe(200);
    unproved.plant(undefined, 'authentik_csrf');
    expect((await post(unproved, 'check/', apply)).body).toMatchObject({ code: 'csrf_failed' });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const byToken = await fetch(`${deployment.url}${INSTANCES}/apply/`, {
      method: 'POST',
      headers,
      body: JSON.stringify(apply),
    });
    expect(await byToken.json()).toMatchObject({ code: 'token_scope' });
    const read = await fetch(`${deployment.url}${INSTANCES}/greeting/versions/`, { headers });
    expect(read.status).toBe(200);
  });

  it('does not accept a device that is newer than FLOW_CHANGE_DEVICE_AGE_S, which a password thief may have set up', async () => {
    const elsewhere = new Browser(second);
    for (const name of ['authentik_session', 'authentik_csrf']) elsewhere.plant(root.cookie(name), name);
    const apply = () => post(elsewhere, 'apply/', { blueprint: greeting('Aged') });
    const refused = await apply();
    expect({ status: refused.status, body: refused.body }).toMatchObject({
      ...{ status: 403, body: { code: 'proof_required', detail: expect.stringContaining('set up too recently') } },
    });
    const age = (interval: string) =>
      deployment.rows(`UPDATE mfa.devices SET created_at = now() - $1::interval`, [interval]);
    await age('3590 seconds');
    expect((await apply()).status).toBe(403);
    await age('3601 seconds');
    expect((await apply()).status).toBe(200);
  });

  it('shows the form again if the change takes longer than FLOW_CHANGE_TIMEOUT_MS, and changes nothing', async () => {
    const before = await current('greeting');
    const impatient = new Browser(await deployment.openAnotherGateway({ FLOW_CHANGE_TIMEOUT_MS: '1000' }));
    impatient.plant(root.cookie());
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('BEGIN; LOCK TABLE flow.releases IN SHARE ROW EXCLUSIVE MODE');
    const refused = await submit(impatient, '/if/admin/flows/greeting/publish/?version=1', { reason: 'kept' });
    await other.end();

    expect(refused.status).toBe(503);
    expect(refused.text).toContain('The change of flows took too long. Look at the flow before you try again.');
    expect(refused.text).toContain('value="kept"');
    expect([before === 1, await current('greeting')]).toEqual([false, before]);
  });

  it('returns 503 with Retry-After while the service `blueprints` is down, and logins continue', async () => {
    const before = await current('greeting');
    await deployment.end('blueprints', 'SIGKILL');
    const away = await post(root, 'apply/', { blueprint: greeting('Lost') });
    expect({ status: away.status, body: away.body }).toMatchObject({
      status: 503,
      body: { code: 'flow_changes_away' },
    });
    expect(away.headers.get('retry-after')).toBe('1');
    expect(await usernameOf(await loggedIn('alice'))).toBe('alice');
    await deployment.start('blueprints');
    expect(await current('greeting')).toBe(before);
  });
});
