import { ConfigError, readConfig } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { webhookSecret } from '../../../../test/support/webhook-receiver.js';
import { webhookSettings } from './webhook.config.js';
import { webhookEndpointsOf } from './webhook-endpoints.js';

const DAY_S = 86_400;
const SECRET = webhookSecret(7);
const ENDPOINT = { name: 'siem', url: 'https://siem.example.org/hook?t=url-secret', secrets: [SECRET] };

/** Returns the endpoints in `WEBHOOKS`, read as a courier does. `keptS`: how long events are kept, in seconds. */
const read = (webhooks: unknown, env: Record<string, string> = {}, keptS = 90 * DAY_S) =>
  webhookEndpointsOf(readConfig(webhookSettings, { WEBHOOKS: JSON.stringify(webhooks), ...env }), keptS);

function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the setting was accepted');
}

it('WEBHOOKS has no endpoints by default', () => {
  expect(webhookEndpointsOf(readConfig(webhookSettings, {}), 60).enabled).toEqual([]);
});

it('namesFor returns the enabled endpoints that want an action', () => {
  const { enabled, namesFor } = read([
    ENDPOINT,
    { ...ENDPOINT, name: 'logins', actions: ['login', 'logout'] },
    { ...ENDPOINT, name: 'off', enabled: false },
  ]);
  expect(enabled.map(({ name }) => name)).toEqual(['siem', 'logins']);
  expect([namesFor('login'), namesFor('password_set')]).toEqual([['siem', 'logins'], ['siem']]);
});

const withSecrets = (...secrets: string[]) => [{ ...ENDPOINT, secrets }];
const withUrl = (url: string) => [{ ...ENDPOINT, url }];
const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...ENDPOINT, name: `e${i}` }));

const REFUSED: readonly [unknown, string][] = [
  [{}, 'WEBHOOKS: Invalid input: expected array'],
  [[{ ...ENDPOINT, name: 'Siem' }], 'WEBHOOKS.0.name: must have up to 32 lower case letters'],
  [[{ ...ENDPOINT, name: 'a'.repeat(33) }], 'WEBHOOKS.0.name: must have up to 32'],
  [[{ ...ENDPOINT, retries: 3 }], 'Unrecognized key: "retries"'],
  [[{ ...ENDPOINT, actions: [] }], 'WEBHOOKS.0.actions: Too small'],
  [[{ ...ENDPOINT, actions: ['a'.repeat(65)] }], 'WEBHOOKS.0.actions.0: Too big'],
  [[{ ...ENDPOINT, actions: Array(201).fill('login') }], 'WEBHOOKS.0.actions: Too big'],
  [[ENDPOINT, ENDPOINT], 'WEBHOOKS: has two endpoints of the same name'],
  [many(21), 'WEBHOOKS: Too big'],
  [withSecrets(), 'WEBHOOKS.0.secrets: Too small'],
  [withSecrets(SECRET, SECRET, SECRET, SECRET), 'WEBHOOKS.0.secrets: Too big'],
  [withSecrets(SECRET.slice('whsec_'.length)), 'WEBHOOKS.0.secrets.0: must be whsec_ and the base64 of 24 to 64 bytes'],
  [withSecrets(`whsec_${Buffer.alloc(23).toString('base64')}`), 'base64 of 24 to 64 bytes'],
  [withSecrets(`whsec_${Buffer.alloc(65).toString('base64')}`), 'base64 of 24 to 64 bytes'],
  [withSecrets(`${SECRET}!`), 'base64 of 24 to 64 bytes'],
  [withUrl('siem'), 'WEBHOOKS.0.url: must be a URL'],
  [withUrl(`https://siem.example.org/${'a'.repeat(2048)}`), 'WEBHOOKS.0.url: Too big'],
  [withUrl('ftp://siem.example.org/'), 'the URL of the endpoint siem must begin with https://'],
  [withUrl('http://siem.example.org/'), 'siem must begin with https://, or WEBHOOK_HOSTS must list its host'],
  [withUrl('https://bob:pw@siem.example.org/'), 'siem must have no username and no password'],
  [withUrl('https://siem.example.org/#top'), 'siem must have no fragment'],
  [withUrl('https://10.0.0.7/'), 'siem has a host that WEBHOOK_HOSTS does not allow'],
  [withUrl('https://2130706433/'), 'siem has a host that WEBHOOK_HOSTS does not allow'],
  [withUrl('https://[::ffff:127.0.0.1]/'), 'siem has a host that WEBHOOK_HOSTS does not allow'],
];

it.each(REFUSED.map(([webhooks, reason]) => [reason, webhooks] as const))(
  'WEBHOOKS is refused (%s) without a secret or a URL in the message',
  (reason, webhooks) => {
    const problem = problemOf(() => read(webhooks));
    expect(problem).toContain(reason);
    expect(problem).not.toMatch(new RegExp(`${SECRET.slice(6, 20)}|url-secret|example|bob`));
  },
);

it('WEBHOOKS is refused without repeating it if it is no JSON', () => {
  const problem = problemOf(() => readConfig(webhookSettings, { WEBHOOKS: `[{"secrets":["${SECRET}"]` }));
  expect(problem).toContain('WEBHOOKS: must be a list of endpoints in JSON');
  expect(problem).not.toContain(SECRET.slice(6, 20));
});

it('a private address or plain HTTP is allowed only for hosts that WEBHOOK_HOSTS lists by name', () => {
  const env = { WEBHOOK_HOSTS: '*, siem.internal, 10.0.0.7' };
  for (const url of ['http://siem.internal/', 'https://10.0.0.7/', 'https://siem.example.org/'])
    expect(read(withUrl(url), env).enabled).toHaveLength(1);
  expect(problemOf(() => read(withUrl('http://10.0.0.8/'), env))).toContain('WEBHOOK_HOSTS does not allow');
  const none = { WEBHOOK_HOSTS: 'siem.internal' };
  expect(problemOf(() => read(withUrl('https://siem.example.org/'), none))).toContain('WEBHOOK_HOSTS does not allow');
});

it('EVENTS_KEPT_S must not be less than WEBHOOK_MAX_AGE_S if there is an endpoint', () => {
  const env = { WEBHOOK_MAX_AGE_S: '3600' };
  expect(problemOf(() => read([ENDPOINT], env, 3599))).toContain('EVENTS_KEPT_S is less than WEBHOOK_MAX_AGE_S');
  expect(read([ENDPOINT], env, 3600).enabled).toHaveLength(1);
  expect(read([], env, 60).enabled).toEqual([]);
});
