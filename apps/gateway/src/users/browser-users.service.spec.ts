import type { BrandStore } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import type { Principal } from '../http/auth/auth.service.js';
import type { LoginSetRepository } from '../sessions/login-set.repository.js';
import { BrowserUsersService } from './browser-users.service.js';

const COOKIE = `authentik_user_switching=${'a'.repeat(43)}`;
const PRINCIPAL = { user: {}, sessionId: 's', byToken: false } as Principal;

/** Returns what the service loads when it lists the other users: the brand, and the sessions of the browser. */
async function askedFor(cookie: string, principal: Principal, API_VERSION: '2024.8' | '2026.8' = '2026.8') {
  const asked: string[] = [];
  const sets = { listOthers: async () => (asked.push('sessions'), []) } as unknown as LoginSetRepository;
  const brands = {
    find: async () => (asked.push('brand'), { newer_flows: { user_switch: 'switch' } }),
  } as unknown as BrandStore;
  const service = new BrowserUsersService(sets, brands, { API_VERSION, SESSION_COOKIE: 'authentik_session' });
  await service.listOthers({ headers: { cookie }, host: 'id.example' } as FastifyRequest, principal);
  return asked;
}

it('other users of a browser are loaded only for a session with a switching cookie, under 2026.8', async () => {
  expect(await askedFor(COOKIE, PRINCIPAL)).toEqual(['brand', 'sessions']);
  expect(await askedFor('', PRINCIPAL)).toEqual([]);
  expect(await askedFor(COOKIE, { ...PRINCIPAL, byToken: true })).toEqual([]);
  expect(await askedFor(COOKIE, { ...PRINCIPAL, sessionId: undefined })).toEqual([]);
  expect(await askedFor(COOKIE, PRINCIPAL, '2024.8')).toEqual([]);
});
