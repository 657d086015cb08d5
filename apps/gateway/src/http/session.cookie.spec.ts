import { hashSessionKey } from '@gatehouse/executor';
import { expect, it } from 'vitest';
import { sessionKeyFrom } from './session.cookie.js';

const [OLDER, OWN] = ['a'.repeat(43), 'b'.repeat(43)];
const keyIn = (cookie: string | undefined) => sessionKeyFrom({ headers: cookie === undefined ? {} : { cookie } });

it('is the last of several keys: the first is what another installation left for the parent domain', () => {
  expect(keyIn(`authentik_session=${OLDER}; other=x; authentik_session=${OWN}`)).toEqual(hashSessionKey(OWN));
  expect(keyIn(`authentik_session=${OWN};authentik_session=no-key`)).toEqual(hashSessionKey(OWN));
  expect(keyIn(` authentik_session="${OWN}" `)).toEqual(hashSessionKey(OWN));
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
  `other=authentik_session=${OWN}`,
])('is none in %j (accident 18)', (cookie) => {
  expect(keyIn(cookie)).toBeUndefined();
});
