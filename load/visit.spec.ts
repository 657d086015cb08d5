import { afterEach, describe, expect, it } from 'vitest';
import { emptyRecording } from './recorder.js';
import { parseScenario } from './scenario.js';
import { type ScriptedResponse, scriptedSite } from './testing/scripted-site.js';
import { VirtualClock } from './testing/virtual-clock.js';
import { Visit } from './visit.js';
import { addressOf, Visitor } from './visitor.js';

const LOGIN = parseScenario(
  `
flow: login
steps:
  - { component: name, answer: { uid_field: $user } }
  - { component: consent, answer: {}, optional: true }
  - { component: password, answer: { password: $password }, think: 3s }
end: done
`,
  'login',
);

const shows = (component: string, more: object = {}): ScriptedResponse => ({ body: { component, ...more } });
const BUSY: ScriptedResponse = { status: 503, headers: { 'retry-after': '2' } };

let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

async function visit(script: readonly ScriptedResponse[], { retryForMs = 30_000, scenario = LOGIN } = {}) {
  const site = await scriptedSite(...script);
  close = site.close;
  const [recording, clock] = [emptyRecording(), new VirtualClock()];
  const context = {
    scenario,
    clock,
    recording,
    retryForMs,
    measuredFrom: 0,
    random: () => 0.5,
    isAbandoned: () => false,
  };
  const latency = await new Visit(context, new Visitor(site.client, '10.0.0.7'), (name) => `my-${name}`).run(0);
  const requests = site.received.map(({ method, body }) => (method === 'GET' ? 'GET' : body));
  return { latency, recording, requests, received: site.received, failures: [...recording.failures.keys()] };
}

describe('a visit', () => {
  it('answers each challenge by its component, and its latency excludes think times', async () => {
    const { latency, recording, requests } = await visit([shows('name'), shows('password'), shows('done')]);
    expect(requests).toEqual([
      'GET',
      '{"component":"name","uid_field":"my-user"}',
      '{"component":"password","password":"my-password"}',
    ]);
    expect(latency).toBe(0);
    expect([...recording.steps.keys()]).toEqual(['GET', 'name', 'password']);
  });

  it('sends the cookies, the CSRF token, the origin and the client address', async () => {
    const cookies: ScriptedResponse = {
      headers: { 'set-cookie': 'authentik_csrf=abc; Path=/' },
      body: { component: 'name' },
    };
    const { received } = await visit([cookies, shows('password'), shows('done')]);
    expect(received[0]?.headers).not.toHaveProperty('cookie');
    expect(received[1]).toMatchObject({ method: 'POST', url: '/api/v3/flows/executor/login/?query=' });
    expect(received[1]?.headers).toMatchObject({
      ...{ cookie: 'authentik_csrf=abc', 'x-authentik-csrf': 'abc', 'x-forwarded-for': '10.0.0.7' },
      ...{ 'content-type': 'application/json', origin: `http://${received[1]?.headers.host}` },
    });
  });

  it('waits for Retry-After after a refused answer, reads the challenge, and sends the answer again', async () => {
    const script = [shows('name'), BUSY, shows('name'), shows('password'), shows('done')];
    const { latency, recording } = await visit(script);
    expect(latency).toBe(2000);
    expect(recording).toMatchObject({ requests: 5, retried: 1, startedOver: 0, refused: new Map([[503, 1]]) });
    expect([...recording.refusals].map(([step, { count }]) => [step, count])).toEqual([['name', 1]]);
  });

  it('continues with the next challenge if an answer was accepted but its reply was lost', async () => {
    const { latency, recording } = await visit([shows('name'), 'lost', shows('password'), shows('done')]);
    expect(latency).toBe(100);
    expect(recording).toMatchObject({ startedOver: 0, refused: new Map([[0, 1]]) });
  });

  it('starts the login again if a lost reply contained the new session key', async () => {
    const script: ScriptedResponse[] = [
      shows('name'),
      shows('password'),
      'lost',
      shows('name'),
      shows('password'),
      shows('done'),
    ];
    const { latency, recording } = await visit(script);
    expect(latency).toBe(100);
    expect(recording.startedOver).toBe(1);
  });

  it('fails if the flow begins again but no session key was lost', async () => {
    const { failures } = await visit([shows('name'), 'lost', shows('name'), shows('password'), shows('name')]);
    expect(failures).toEqual(['name came again']);
  });

  it('fails when it was refused for too long', async () => {
    const { latency, recording, failures } = await visit([BUSY, BUSY, BUSY, BUSY], { retryForMs: 5000 });
    expect(latency).toBeUndefined();
    expect(failures).toEqual(['refused: 503']);
    expect(recording).toMatchObject({ requests: 3, retried: 2 });
  });

  it('fails with the reason why there was no response', async () => {
    expect((await visit(['lost'], { retryForMs: 0 })).failures).toEqual(['refused: no response (ECONNRESET)']);
  });

  it('fails at the first refusal if it may not retry', async () => {
    const { recording, failures } = await visit([{ status: 429 }], { retryForMs: 0 });
    expect(failures).toEqual(['refused: 429']);
    expect(recording.retried).toBe(0);
  });

  it('fails when an answer is rejected, and names the field and the code, not the text', async () => {
    const errors = { response_errors: { password: [{ string: 'Wrong, my-user!', code: 'invalid' }] } };
    const { failures } = await visit([shows('name'), shows('password'), shows('password', errors)]);
    expect(failures).toEqual(['password rejected the answer: password invalid']);
  });

  it.each([
    ['a challenge that the scenario does not know', [shows('captcha')], 'expected name, got captcha'],
    ['a challenge of a later step', [shows('password')], 'expected name, got password'],
    ['the end before a required step', [shows('name'), shows('done')], 'done came before password'],
    ['a challenge that it has answered before', [shows('name'), shows('name')], 'name came again'],
    ['another status', [{ status: 500 }], 'status 500 at GET'],
  ])('fails at %s', async (_, script, reason) => {
    expect((await visit(script as ScriptedResponse[])).failures).toEqual([reason]);
  });

  it('follows the redirect that authentik sends after an answer', async () => {
    const redirect: ScriptedResponse = { status: 302, headers: { location: '/' } };
    const script = [shows('name'), redirect, shows('password'), redirect, shows('done')];
    const { latency, requests } = await visit(script);
    expect(latency).toBe(0);
    expect(requests.filter((request) => request === 'GET')).toHaveLength(3);
  });

  it('sends the requests of `afterwards`, and fails if a response lacks the required text', async () => {
    const afterwards = [{ get: '/me/', contains: '"$user"', think: { min: 0, max: 0 }, times: 2 }];
    const scenario = { ...LOGIN, afterwards };
    const login = [shows('name'), shows('password'), shows('done')];
    const me = (name: string): ScriptedResponse => ({ body: { user: name } });
    expect((await visit([...login, me('my-user'), me('my-user')], { scenario })).latency).toBe(0);
    await close();
    expect((await visit([...login, me('other')], { scenario })).failures).toEqual(['/me/ does not contain "$user"']);
  });
});

it('addressOf returns an address in another /24 network for each of the first 65,536 accounts', () => {
  const addresses = Array.from({ length: 65_536 }, (_, number) => addressOf(number));
  expect(new Set(addresses.map((address) => address.split('.', 3).join('.'))).size).toBe(65_536);
  expect(new Set([...addresses, addressOf(65_536), addressOf(16_777_215)]).size).toBe(65_538);
});
