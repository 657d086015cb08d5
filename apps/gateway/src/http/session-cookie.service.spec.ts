import { boundSessionKey, hashSessionKey } from '@gatehouse/executor';
import { REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import type { GatewayConfig } from '../gateway.config.js';
import { BOUND_COOKIE, BoundCookieService } from './bound-cookie.service.js';
import { SESSION_COOKIE, SESSION_COOKIES } from './cookie-names.js';
import type { HttpExchange } from './exchange.js';
import { SessionCookieService, sessionKeysIn } from './session-cookie.service.js';

const [OLDER, OWN] = ['a'.repeat(43), 'b'.repeat(43)];
const [, HOST_ONLY] = SESSION_COOKIES;
const keysIn = (cookie: string | undefined, name: string = SESSION_COOKIE) => sessionKeysIn(cookie, name);

describe('session keys in cookies', () => {
  it('are the distinct values of all cookies with the configured name', () => {
    const keys = [OLDER, OWN].map(hashSessionKey);
    expect(keysIn(`authentik_session=${OLDER}; other=x; authentik_session=${OWN}`)).toEqual(keys);
    expect(keysIn(`authentik_session=${OWN};authentik_session=no-key`)).toEqual([hashSessionKey(OWN)]);
    expect(keysIn(`authentik_session=${OWN}; authentik_session=${OWN}`)).toEqual([hashSessionKey(OWN)]);
    expect(keysIn(` authentik_session="${OWN}" `)).toEqual([hashSessionKey(OWN)]);
    expect(keysIn(`authentik_session=${OLDER}; ${HOST_ONLY}=${OWN}`, HOST_ONLY)).toEqual([hashSessionKey(OWN)]);
  });

  it.each([
    undefined,
    '',
    'authentik_session',
    'authentik_session=',
    `authentik_session=${OWN}x`,
    `authentik_session=${OWN.slice(1)}`,
    `my_authentik_session=${OWN}`,
    `Authentik_Session=${OWN}`,
    `__Host-authentik_session=${OWN}`,
    `other=authentik_session=${OWN}`,
    `\u00a0authentik_session=${OWN}`,
  ])('are not found in %j (accident 18)', (cookie) => {
    expect(keysIn(cookie)).toEqual([]);
  });
});

describe('the session cookie', () => {
  const ownKey = hashSessionKey(OWN);
  function cookiesOf({ outpost = false, name = HOST_ONLY as GatewayConfig['SESSION_COOKIE'], ended = 0 } = {}) {
    const [lookups, log, closed]: [Buffer[][], LogRecorder, Buffer[]] = [[], new LogRecorder(), []];
    const sessions = {
      choose: async (keys: readonly Buffer[]) => {
        lookups.push([...keys]);
        return {
          key: ended > 0 ? undefined : ownKey,
          planted: Array.from({ length: ended }, (_, i) => `session-${i}`),
        };
      },
    };
    const removals = { removePlanted: async (ids: readonly string[]) => ids.length };
    const facts = { read: async () => ({ ...REQUEST_FACTS, actor: { type: 'anonymous' } as const }) };
    const clients = { resolve: async () => ({ ip: '', user_agent: '', outpost }) };
    const messenger = { closeSockets: (keys: readonly Buffer[]) => void closed.push(...keys) };
    const bound = new BoundCookieService({ SECRET_KEY: 'k'.repeat(32) }); // not-a-secret
    const config = { SESSION_COOKIE: name };
    const cookies = new SessionCookieService(sessions, removals, clients, facts, log.logger, messenger, bound, config);
    return { cookies, lookups, log, closed };
  }
  const requestWith = (cookie: string) => ({ id: 'r', headers: { cookie } }) as unknown as FastifyRequest;

  it('is looked up in the database only if the request has several session keys', async () => {
    const { cookies, lookups, log } = cookiesOf({ name: SESSION_COOKIE });
    expect(await cookies.keyOf(requestWith(`authentik_session=${OWN}`))).toEqual(ownKey);
    expect(lookups).toEqual([]);
    const several = requestWith(`authentik_session=${OWN}; authentik_session=${OLDER}`);
    expect(await cookies.keyOf(several)).toEqual(ownKey);
    expect([lookups, log.events]).toEqual([[[ownKey, hashSessionKey(OLDER)]], []]);
  });

  it('is looked up as the key of a bound and of an unbound session if the request has a bound cookie', async () => {
    const { cookies, lookups } = cookiesOf({ name: SESSION_COOKIE });
    const session = '01a22b6c-11da-75c4-98b6-1f61d2836f65';
    const bound = new BoundCookieService({ SECRET_KEY: 'k'.repeat(32) }).issue('cookie', session, 60); // not-a-secret
    const request = requestWith(`authentik_session=${OWN}; ${BOUND_COOKIE}=${bound}`);
    const boundKey = boundSessionKey(ownKey, session);
    await cookies.keyOf(request);
    expect(lookups).toEqual([[boundKey, ownKey]]);
    expect([cookies.isBound(request, boundKey), cookies.isBound(request, ownKey)]).toEqual([true, false]);
  });

  it('is refused with device_refresh_skipped if the browser reports that it has not refreshed one of up to four sessions', async () => {
    const { cookies, lookups } = cookiesOf({ name: SESSION_COOKIE });
    const ids = [1, 2, 3, 4, 5].map((digit) => `01a22b6c-11da-75c4-98b6-1f61d2836f6${digit}`);
    const skipped = ids.map((id) => `unreachable;session_identifier="${id}"`).join(', ');
    const waiting = requestWith(`authentik_session=${OWN}`);
    waiting.headers['secure-session-skipped'] = skipped;
    await expect(cookies.keyOf(waiting)).rejects.toMatchObject({ code: 'device_refresh_skipped' });
    expect(lookups.splice(0)).toEqual([ids.slice(0, 4).map((id) => boundSessionKey(ownKey, id))]);
    const bound = new BoundCookieService({ SECRET_KEY: 'k'.repeat(32) }).issue('cookie', ids[0]!, 60); // not-a-secret
    const refreshed = requestWith(`authentik_session=${OWN}; ${BOUND_COOKIE}=${bound}`);
    refreshed.headers['secure-session-skipped'] = skipped;
    expect(await cookies.keyOf(refreshed)).toEqual(ownKey);
  });

  it('causes a log line if a request has keys of several live sessions', async () => {
    const { cookies, log } = cookiesOf({ name: SESSION_COOKIE, ended: 2 });
    const several = requestWith(`authentik_session=${OWN}; authentik_session=${OLDER}`);
    expect(await cookies.keyOf(several)).toBeUndefined();
    expect(log.lines).toMatchObject([
      { event: 'session_cookies_planted', level: 'security', request_id: 'r', ended: 2 },
    ]);
  });

  it('has the configured name, and the default name for outposts', async () => {
    const both = requestWith(`authentik_session=${OLDER}; ${HOST_ONLY}=${OWN}`);
    expect(await cookiesOf().cookies.keyOf(both)).toEqual(ownKey);
    expect(await cookiesOf({ outpost: true }).cookies.keyOf(both)).toEqual(hashSessionKey(OLDER));
  });

  it('is Secure if its name requires it', () => {
    const set: unknown[] = [];
    const reply = { setCookie: (...values: unknown[]) => void set.push(values) };
    const request = { protocol: 'http', headers: {}, server: { hasDecorator: () => false } };
    const exchange = { request, reply } as unknown as HttpExchange;
    cookiesOf().cookies.set(exchange, { value: OWN, maxAgeS: undefined }, { outpost: false });
    cookiesOf().cookies.set(exchange, { value: OWN, maxAgeS: 9.5 }, { outpost: true });
    expect(set).toMatchObject([
      [HOST_ONLY, OWN, { path: '/', secure: true, httpOnly: true }],
      [SESSION_COOKIE, OWN, { path: '/', secure: false, maxAge: 9 }],
    ]);
  });

  it('closes the WebSockets of the keys that it replaces', () => {
    const { cookies, closed } = cookiesOf({ name: SESSION_COOKIE });
    const request = { ...requestWith(`authentik_session=${OWN}; authentik_session=${OLDER}`), protocol: 'https' };
    const exchange = { request, reply: { setCookie: () => undefined } } as unknown as HttpExchange;
    cookies.set(exchange, { value: OWN, maxAgeS: undefined }, { outpost: false });
    expect(closed).toEqual([ownKey, hashSessionKey(OLDER)]);
  });

  it('closes the WebSockets of only four keys, so that made-up cookies do not multiply messages', () => {
    const { cookies, closed } = cookiesOf({ name: SESSION_COOKIE });
    const keys = Array.from({ length: 300 }, (_, i) => String(i).padStart(43, 'k'));
    const request = {
      ...requestWith(keys.map((key) => `authentik_session=${key}`).join('; ')),
      protocol: 'https',
    };
    const exchange = { request, reply: { setCookie: () => undefined } } as unknown as HttpExchange;
    cookies.set(exchange, { value: OWN, maxAgeS: undefined }, { outpost: false });
    expect(closed).toEqual(keys.slice(0, 4).map(hashSessionKey));
  });
});
