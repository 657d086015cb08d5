import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { runCliOk } from '../support/commands.js';
import { Deployment } from '../support/deployment.js';
import { writeMmdb } from '../support/mmdb.js';
import { boundEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { recordedEvents } from '../support/recorded-events.js';

const RIGHT = 'correct-horse-7';
const LEAKED = 'leaked-horse-8'; // not-a-secret
const LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0';
const ANDROID = 'Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0';
const [HOME, ABROAD, ELSEWHERE] = [
  { 'x-forwarded-for': '198.51.100.1', 'user-agent': LINUX },
  { 'x-forwarded-for': '203.0.113.1', 'user-agent': WINDOWS },
  { 'x-forwarded-for': '192.0.2.1', 'user-agent': ANDROID },
] as const;
type Place = typeof HOME | typeof ABROAD | typeof ELSEWHERE;

const SECOND_FACTOR = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  binding: { evaluate_on_plan: false, re_evaluate_policies: true },
};
const MEMBERS = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const riskEntry = (name: string, attrs: Readonly<Record<string, number>>) => ({
  model: 'gatehouse_policies.riskpolicy',
  id: `policy ${name}`,
  identifiers: { name },
  attrs: { impossible_travel: 0, address_reputation: 0, ...attrs },
});

/**
 * The second factor is required of the members of a group and, unless `shadow` is true, for risky logins.
 */
const flows = (shadow: boolean) =>
  blueprint(
    userEntry('root', { password: undefined }),
    administratorsEntry('root'),
    groupEntry('always careful'),
    riskEntry('unusual', { threshold: 60, breached_password: 0 }),
    riskEntry('leaked', { threshold: 50, new_country: 0, new_device: 0, dormant_account: 0 }),
    flowEntries('login', [IDENTIFICATION, PASSWORD, SECOND_FACTOR, LOGIN, DUMMY]),
    conditionEntry(['login', 2], 'group always careful'),
    boundEntry('login-2 bound', 'unusual', { shadow }),
    flowEntries('codes', [{ stage: 'authenticator_static.authenticatorstaticstage' }], MEMBERS),
    fieldEntry('password', ['password', 'password']),
    flowEntries('password', [asking('password', ['password']), SECOND_FACTOR, writing('never_create')], MEMBERS),
    boundEntry('password-1 bound', 'leaked'),
  );

let folder: string;
let deployment: Deployment;
/** The static codes of root, each for one use. */
let codes: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-risk-'));
  const [city, hashes, list] = ['city.mmdb', 'hashes.txt', 'breaches'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const country = (iso_code: string) => ({ continent: { code: 'EU' }, country: { iso_code } });
  await writeMmdb(city, 'GeoLite2-City', {
    ...{ '198.51.100.0/24': country('DE'), '203.0.113.0/24': country('FR'), '192.0.2.0/24': country('IT') },
  });
  await writeFile(hashes, `${createHash('sha1').update(LEAKED).digest('hex')}:3\n`);
  await runCliOk('breach-list', ['build', hashes, list], { env: {} });
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'policy'],
    environment: { GEOIP_CITY_DATABASE: city, BREACH_LIST: list },
    // A busy test machine must not leave a shadow condition undecided.
    gateway: { TRUSTED_PROXIES: '127.0.0.1', SHADOW_TIMEOUT_MS: '5000' },
    blueprints: [blueprint(userEntry('root')), flows(true)],
  });
  const root = deployment.browser();
  await logIn(root, HOME);
  codes = (await ask(root, HOME, 'codes')).body['codes'] as string[];
  await answer(root, HOME, ['codes', {}]);
}, 120_000);
afterAll(async () => {
  await deployment?.close();
  await rm(folder, { recursive: true });
});

const executor = (slug: string) => `/api/v3/flows/executor/${slug}/?query=`;
const ask = (browser: Browser, place: Place, slug: string) => browser.fetch(executor(slug), { headers: { ...place } });
const answer = (browser: Browser, place: Place, [slug, body]: readonly [slug: string, body: object]) =>
  browser.fetch(executor(slug), {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { ...place, 'content-type': 'application/json' },
  });
/** Types name and password of root, and returns the next challenge. */
async function logIn(browser: Browser, place: Place) {
  await answer(browser, place, ['login', { uid_field: 'root' }]);
  return answer(browser, place, ['login', { password: RIGHT }]);
}
const inspect = async (browser: Browser, slug: string) =>
  (await browser.fetch(`/api/v3/flows/inspector/${slug}/`)).body;
const unusedForLong = () => deployment.rows(`UPDATE directory.users SET last_login = now() - interval '100 days'`);
const contexts = async (action: string) =>
  (await recordedEvents(deployment, action)).map(({ data }) => data.context as object);

it('a risk policy in shadow mode requires no second factor, and records that it would have, and why', async () => {
  await unusedForLong();
  const root = deployment.browser();
  expect((await logIn(root, ABROAD)).body).toMatchObject({ component: 'ak-stage-dummy' });
  const messages = [
    ...['Login from a new country.', 'Login with a new device.'],
    'Account was not used for a long time.',
  ];
  const verdict = { policy: 'unusual', outcome: 'pass', messages, met: false, would_be_met: true };
  expect((await contexts('policy_shadow')).at(-1)).toMatchObject(verdict);
  expect(await inspect(root, 'login')).toMatchObject({ shadow_verdicts: [verdict] });
  expect(await contexts('custom_risk')).toEqual([]);
});

it('a risky login requires the second factor, and the inspector and an event say why', async () => {
  await deployment.apply(flows(false));
  const root = deployment.browser();
  // One risk factor is below the threshold, so root logs in without a second factor, and may inspect the next login.
  expect((await logIn(root, HOME)).body).toMatchObject({ component: 'ak-stage-dummy' });
  await answer(root, HOME, ['login', {}]);
  await unusedForLong();
  expect((await logIn(root, ELSEWHERE)).body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
  expect((await inspect(root, 'login'))['steps']).toMatchObject([
    ...[{ state: 'passed' }, { state: 'passed' }],
    {
      state: 'current',
      verdict: {
        pass: true,
        messages: [
          ...['Login from a new country.', 'Login with a new device.'],
          'Account was not used for a long time.',
        ],
      },
    },
    ...[{ state: 'planned' }, { state: 'planned' }],
  ]);
  expect(await contexts('custom_risk')).toEqual([
    { policy: 'unusual', score: 20, threshold: 60, reasons: [{ factor: 'dormant_account', weight: 20 }] },
    {
      ...{ policy: 'unusual', score: 70, threshold: 60 },
      reasons: [
        { factor: 'new_country', weight: 30 },
        { factor: 'new_device', weight: 20 },
        { factor: 'dormant_account', weight: 20 },
      ],
    },
  ]);
  expect((await answer(root, ELSEWHERE, ['login', { code: codes[0] }])).body).toMatchObject({
    component: 'ak-stage-dummy',
  });
});

it('a new password requires the second factor only if it is in the list of leaked passwords', async () => {
  const root = deployment.browser();
  await logIn(root, HOME);
  await answer(root, HOME, ['login', {}]);
  await ask(root, HOME, 'password');
  expect((await answer(root, HOME, ['password', { password: LEAKED }])).body).toMatchObject({
    component: 'ak-stage-authenticator-validate',
  });
  expect((await contexts('custom_risk')).at(-1)).toMatchObject({
    ...{ policy: 'leaked', reasons: [{ factor: 'breached_password', weight: 50 }] },
  });
  expect(JSON.stringify(await inspect(root, 'password'))).not.toContain(LEAKED);
  expect((await answer(root, HOME, ['password', { code: codes[1] }])).body).toMatchObject({ to: '/' });
  await ask(root, HOME, 'password');
  expect((await answer(root, HOME, ['password', { password: RIGHT }])).body).toMatchObject({ to: '/' });
});
