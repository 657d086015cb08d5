import { expect, it } from 'vitest';
import { scriptedExecutor } from '../testing/scripted-executor.js';
import { createClient } from './client.js';
import type { ChallengeResponse, Wait } from './types.js';

const NAME = { component: 'ak-stage-identification' };
const PASSWORD = { component: 'ak-stage-password' };
const ANSWER: ChallengeResponse = { component: 'ak-stage-password', password: 'a-password' }; // not-a-secret
const shown = (body: object, run = 'one') => ({ body, headers: { 'x-gatehouse-run': run } });
/**
 * Returns a response that asks the client to wait before it retries, by default one second, which is the shortest pause
 * of the client.
 */
const busy = (status: number, seconds = '1') => ({ status, headers: { 'retry-after': seconds }, body: {} });

async function startAt(script: Parameters<typeof scriptedExecutor>, options: { retries?: number } = {}) {
  const executor = await scriptedExecutor(...script);
  const waits: Wait[] = [];
  const client = createClient({ baseUrl: executor.url, ...options });
  const run = client.prepare('login', { query: '?next=/a b', onWait: (wait) => waits.push(wait) });
  await run.refresh();
  return { executor, run, waits };
}

it('start sends the query of the page, and solve sends a response with the component of its challenge', async () => {
  const { executor, run } = await startAt([shown(NAME), shown(PASSWORD)]);
  expect(run.challenge).toEqual(NAME);
  await run.solve({ component: 'ak-stage-identification', uid_field: 'alice' });

  expect(run.challenge).toEqual(PASSWORD);
  expect(executor.requests[0]?.url).toBe('/api/v3/flows/executor/login/?query=next%3D%2Fa%20b');
  expect(JSON.parse(executor.requests[1]?.body ?? '')).toEqual({ ...NAME, uid_field: 'alice' });
});

it('a redirect challenge is returned as an absolute URL, and is not followed', async () => {
  const { executor, run } = await startAt([shown({ component: 'xak-flow-redirect', to: '/if/user/' })]);

  expect(run.result).toEqual({ kind: 'redirect', to: `${executor.url}/if/user/` });
  expect([run.challenge, executor.requests.length]).toEqual([undefined, 1]);
});

it('an HTTP redirect is returned, and is not followed', async () => {
  const { executor, run } = await startAt([
    { status: 302, headers: { location: 'https://sso.example.org/' }, body: {} },
  ]);

  expect(run.result).toEqual({ kind: 'redirect', to: 'https://sso.example.org/' });
  expect(executor.requests).toHaveLength(1);
});

it('a denial is returned with its message and its reason', async () => {
  const denied = {
    component: 'ak-stage-access-denied',
    error_message: 'No.',
    pending_user: '',
    pending_user_avatar: '',
  };
  const { run } = await startAt([{ body: denied, headers: { 'x-gatehouse-reason': 'error_message=not_invited' } }]);

  expect(run.result).toMatchObject({ kind: 'denied', message: 'No.', reason: 'not_invited' });
});

it('errors are returned by field, with their reasons', async () => {
  const refused = { ...PASSWORD, response_errors: { password: [{ string: 'Wrong.', code: 'invalid' }] } };
  const headers = { 'x-gatehouse-reason': 'password=wrong' };
  const { run } = await startAt([shown(PASSWORD), { body: refused, headers }]);
  await run.solve(ANSWER);

  expect(run.challenge?.response_errors).toEqual({
    password: [{ string: 'Wrong.', code: 'invalid', reason: 'wrong' }],
  });
});

it('a challenge of an unknown component is returned unchanged', async () => {
  const external = { component: 'acme-quiz', question: { text: '?' } };
  const { run } = await startAt([shown(external)]);

  expect(run.result).toEqual({ kind: 'challenge', challenge: external });
});

it.each([
  [
    'a refusal',
    { status: 400, body: { detail: 'No.', code: 'query_too_long' } },
    { code: 'query_too_long', status: 400 },
  ],
  [
    'an internal error',
    { status: 500, body: { component: 'ak-stage-flow-error', request_id: 'x' } },
    { code: 'flow_error', requestId: 'x' },
  ],
  ['a page of a proxy', { body: '<html>' }, { code: 'network' }],
])('%s is returned as an error', async (_what, response, error) => {
  const { run } = await startAt([response], { retries: 0 });

  expect(run.result).toMatchObject({ kind: 'error', ...error });
});

it.each([429, 502, 503, 504])('a GET is repeated after %d', async (status) => {
  const { executor, run, waits } = await startAt([busy(status), shown(NAME)]);

  expect(run.challenge).toEqual(NAME);
  expect(executor.methods()).toEqual(['GET', 'GET']);
  expect(waits).toEqual([{ reason: status === 429 ? 'limited' : 'service', seconds: 1, failures: 1 }]);
});

it('a request is repeated only as often as the client allows', async () => {
  const { executor, run } = await startAt([busy(503), busy(503), shown(NAME)], { retries: 1 });

  expect(run.result).toMatchObject({ kind: 'error', code: 'unavailable', status: 503, retryAfterS: 1 });
  expect(executor.requests).toHaveLength(2);
});

it('the client does not wait for a rate limit that lasts longer than 30 seconds, and keeps the challenge', async () => {
  const { executor, run } = await startAt([shown(PASSWORD), busy(429, '31')]);
  const result = await run.solve(ANSWER);

  expect(result).toMatchObject({ kind: 'error', code: 'rate_limited', retryAfterS: 31 });
  expect([run.challenge, executor.requests.length]).toEqual([PASSWORD, 2]);
});

it('a response is repeated after 429, because it was not processed', async () => {
  const { executor, run } = await startAt([shown(PASSWORD), busy(429), shown(NAME)]);
  await run.solve(ANSWER);

  expect(executor.methods()).toEqual(['GET', 'POST', 'POST']);
  expect(run.challenge).toEqual(NAME);
});

it('a response that the gateway refused unread is repeated, and the challenge can still be answered if that fails', async () => {
  const { headers, ...refusal } = busy(503);
  const overloaded = { ...refusal, headers: { ...headers, 'x-gatehouse-reason': 'error=overloaded' } };
  const { executor, run } = await startAt([shown(PASSWORD), overloaded, overloaded, shown(NAME)], { retries: 1 });

  expect(await run.solve(ANSWER)).toMatchObject({ kind: 'error', code: 'unavailable', status: 503 });
  expect(run.challenge).toEqual(PASSWORD);
  await run.solve(ANSWER);
  expect(run.challenge).toEqual(NAME);
  expect(executor.methods()).toEqual(['GET', 'POST', 'POST', 'POST']);
});

it.each([
  ['503', busy(503)],
  [
    '503 with another reason',
    { ...busy(503), headers: { 'retry-after': '1', 'x-gatehouse-reason': 'error=stage_away' } },
  ],
  ['502', busy(502)],
  ['a lost connection', { lost: true as const }],
])(
  'a response is never repeated after %s: the client fetches the challenge and says that it was interrupted',
  async (_what, failure) => {
    const { executor, run } = await startAt([shown(PASSWORD), failure, shown(PASSWORD)]);
    const result = await run.solve(ANSWER);

    expect(result).toEqual({ kind: 'challenge', challenge: PASSWORD, interrupted: 'unavailable' });
    expect(executor.methods()).toEqual(['GET', 'POST', 'GET']);
  },
);

it('the challenge is fetched again after a failed CSRF check', async () => {
  const refused = { status: 403, body: { detail: 'CSRF Failed', code: 'csrf_failed' } };
  const { executor, run } = await startAt([shown(PASSWORD), refused, shown(PASSWORD)]);
  const result = await run.solve(ANSWER);

  expect(result).toMatchObject({ interrupted: 'csrf_failed' });
  expect(executor.methods()).toEqual(['GET', 'POST', 'GET']);
});

it('the result says that the flow has started again if the id of the run changes', async () => {
  const { run } = await startAt([shown(PASSWORD, 'one'), shown(NAME, 'two')]);
  const result = await run.solve(ANSWER);

  expect(result).toMatchObject({ restarted: true });
  expect(run.id).toBe('two');
});

it.each([
  ['the result does not say so if the new run has applied the response to its first step', '', undefined],
  ['the result says so if the new run has not applied the response', 'error=other_step', true],
])('%s', async (_what, reason, restarted) => {
  const headers = (run: string) => ({ 'x-gatehouse-run': run, 'x-gatehouse-step': `${run}.first` });
  const { run } = await startAt([
    { body: PASSWORD, headers: headers('one') },
    { body: NAME, headers: { ...headers('two'), 'x-gatehouse-reason': reason } },
  ]);
  const result = await run.solve(ANSWER);

  expect(result).toHaveProperty('kind', 'challenge');
  expect((result as { restarted?: boolean }).restarted).toBe(restarted);
});

it('a run sends one request at a time: a second response rejects and is not sent', async () => {
  const { executor, run } = await startAt([shown(PASSWORD), shown(NAME)]);
  const held = executor.hold();
  const first = run.solve(ANSWER);
  await expect(run.solve(ANSWER)).rejects.toThrow('still under way');
  held.release();
  await first;

  expect(executor.methods()).toEqual(['GET', 'POST']);
});

it('a response to another challenge than the current one rejects', async () => {
  const { executor, run } = await startAt([shown(NAME)]);

  await expect(run.solve(ANSWER)).rejects.toThrow(
    'The current challenge is ak-stage-identification, not ak-stage-password.',
  );
  expect(executor.requests).toHaveLength(1);
});

it('the running request and every later one reject if the run is aborted', async () => {
  const { executor, run } = await startAt([shown(PASSWORD)]);
  const held = executor.hold();
  const solving = run.solve(ANSWER);
  await held.arrival;
  run.abort();

  await expect(solving).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  await expect(run.refresh()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  expect(executor.methods()).toEqual(['GET', 'POST']);
});

it.each([0, 6])('a request rejects if the run is aborted while the body arrives, with %i retries', async (retries) => {
  const executor = await scriptedExecutor(shown(PASSWORD));
  const controller = new AbortController();
  const waits: Wait[] = [];
  const client = createClient({
    ...{ baseUrl: executor.url, retries },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      controller.abort(new Error('the page was closed'));
      return response;
    },
  });
  const starting = client.start('login', { signal: controller.signal, onWait: (wait) => waits.push(wait) });

  await expect(starting).rejects.toThrow('the page was closed');
  expect(waits).toEqual([]);
});

it('a pause ends if the signal of the caller is aborted', async () => {
  const executor = await scriptedExecutor(busy(503, '30'));
  const controller = new AbortController();
  const starting = createClient({ baseUrl: executor.url }).start('login', {
    signal: controller.signal,
    // `onWait` is called right before the pause begins, so the client is aborted during the pause.
    onWait: () => setImmediate(() => controller.abort(new Error('the page was closed'))),
  });

  await expect(starting).rejects.toThrow('the page was closed');
});

it('a response names the shown step, and a challenge is returned for a response that was for another step', async () => {
  const step = (id: string) => ({ 'x-gatehouse-step': id });
  const { executor, run } = await startAt([
    { body: PASSWORD, headers: step('one') },
    { body: PASSWORD, headers: { ...step('two'), 'x-gatehouse-reason': 'error=other_step' } },
    { body: PASSWORD, headers: step('three') },
  ]);
  const other = await run.solve(ANSWER);
  await run.solve(ANSWER);

  expect(other).toMatchObject({ kind: 'challenge', step: 'two', interrupted: 'other_step' });
  expect(executor.requests.map(({ headers }) => headers['x-gatehouse-step'])).toEqual([undefined, 'one', 'two']);
});
