import { expect, it } from 'vitest';
import { scriptedExecutor } from '../testing/scripted-executor.js';
import { createClient } from './client.js';
import { type ClientOptions, executorPath } from './transport.js';

const PASSWORD = { component: 'ak-stage-password' };
const NEXT = { body: PASSWORD };

/** Starts a flow and answers twice. Returns the requests. */
async function answerTwice(script: Parameters<typeof scriptedExecutor>, options: (url: string) => ClientOptions) {
  const executor = await scriptedExecutor(...script);
  const run = await createClient({ baseUrl: `${executor.url}/`, ...options(executor.url) }).start('login');
  for (let i = 0; i < 2; i++) await run.solve({ component: 'ak-stage-password', password: 'x' });
  return executor.requests.map(({ headers }) => headers);
}

it('the client sends the CSRF token of the last response that had one, and none before that', async () => {
  const token = { body: PASSWORD, headers: { 'x-gatehouse-csrf': 'a-token' } };
  const headers = await answerTwice([NEXT, token, NEXT], () => ({}));

  expect(headers.map((sent) => sent['x-authentik-csrf'])).toEqual([undefined, undefined, 'a-token']);
});

it('the client sends the CSRF token that the caller provides', async () => {
  const headers = await answerTwice([NEXT, NEXT, NEXT], () => ({ csrf: () => 'mine' }));

  expect(headers.map((sent) => sent['x-authentik-csrf'])).toEqual([undefined, 'mine', 'mine']);
});

it('the client of a native program keeps all cookies in the jar, and sends its CSRF token and the origin of the site', async () => {
  const stored = new Map<string, string>();
  const cookies = {
    getCookieString: () => [...stored.values()].join('; '),
    setCookie: (line: string, url: string) => {
      const pair = line.split(';', 1)[0] ?? '';
      stored.set(pair.split('=', 1)[0] ?? '', pair);
      urls.add(new URL(url).pathname);
    },
  };
  const urls = new Set<string>();
  const login = {
    body: PASSWORD,
    headers: { 'set-cookie': ['authentik_session=a; Path=/', 'authentik_csrf=b; Path=/'] },
  };
  let site = '';
  const headers = await answerTwice([NEXT, login, NEXT], (url) => {
    site = url;
    return { cookies };
  });

  expect(headers.map(({ cookie, origin }) => [cookie, origin])).toEqual([
    ['', site],
    ['', site],
    ['authentik_session=a; authentik_csrf=b', site],
  ]);
  expect(headers[2]?.['x-authentik-csrf']).toBe('b');
  expect([...urls]).toEqual(['/api/v3/flows/executor/login/']);
});

it('the client sends the CSRF token of the __Host- cookie if the jar also has an older cookie without the prefix', async () => {
  const cookies = {
    getCookieString: () => 'authentik_csrf=old; __Host-authentik_csrf=new',
    setCookie: () => undefined,
  };
  const headers = await answerTwice([NEXT, NEXT, NEXT], () => ({ cookies }));

  expect(headers[1]?.['x-authentik-csrf']).toBe('new');
});

it('the client refuses a cookie jar without a baseUrl', () => {
  const cookies = { getCookieString: () => '', setCookie: () => undefined };

  expect(() => createClient({ cookies })).toThrow('`cookies` needs a `baseUrl`.');
});

it('the path of the executor has the encoded slug and the encoded query without its question mark', () => {
  expect(executorPath('a/b', '?next=/x&y=ä')).toBe('/api/v3/flows/executor/a%2Fb/?query=next%3D%2Fx%26y%3D%C3%A4');
});
