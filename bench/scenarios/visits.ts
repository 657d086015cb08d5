import type { Step, Visit } from '../visit.js';

const executor = (slug: string) => `/api/v3/flows/executor/${slug}/?query=`;

const getChallenge = (slug: string, expects: string): Step => ({ method: 'GET', path: executor(slug), expects });
const solve = (slug: string, body: object, expects: string): Step => ({
  method: 'POST',
  path: executor(slug),
  body: JSON.stringify(body),
  expects,
});
const baseline = (path: string): Visit => ({
  before: [],
  measured: [{ method: 'POST', path, body: '{"component":"ak-stage-dummy"}', expects: 'ak-stage-dummy' }],
});

const identify = solve('login', { component: 'ak-stage-identification', uid_field: '$user' }, 'ak-stage-password');
const enterPassword = solve(
  'login',
  { component: 'ak-stage-password', password: 'correct-horse-7' },
  'xak-flow-redirect',
);
const passDummy = (slug: string, expects: string) => solve(slug, { component: 'ak-stage-dummy' }, expects);

/** The baselines: the parts of the minimum work of a solve, added one after another. */
export const BASELINES = {
  bare: baseline('/bare'),
  echo: baseline('/echo'),
  least: baseline('/whole/least/1'),
  whole: baseline('/whole/product/1'),
  wholeTwice: baseline('/whole/product/2'),
  hash: baseline('/hash/ours'),
  keycloakHash: baseline('/hash/keycloak'),
};

/** An answer to a dummy stage that ends the flow: one load, one stage request, one save. */
export const dummy: Visit = {
  before: [getChallenge('one-dummy', 'ak-stage-dummy')],
  measured: [passDummy('one-dummy', 'xak-flow-redirect')],
};

/** A whole run of a flow with one dummy stage, in a session of its own. */
export const wholeDummy: Visit = { before: [], measured: [...dummy.before, ...dummy.measured] };

/** An answer to a dummy stage that leads to a second dummy stage. */
export const dummyToNext: Visit = {
  before: [getChallenge('two-dummies', 'ak-stage-dummy')],
  measured: [passDummy('two-dummies', 'ak-stage-dummy')],
};

/** Opens a flow in a new session, by default one with two dummy stages. */
export const begin = (slug = 'two-dummies'): Visit => ({
  before: [],
  measured: [getChallenge(slug, 'ak-stage-dummy')],
});

/** The same answer as in dummyToNext, at a flow that has a rollout. */
export const rolledToNext: Visit = {
  before: [getChallenge('rolled-dummies', 'ak-stage-dummy')],
  measured: [passDummy('rolled-dummies', 'ak-stage-dummy')],
};

/** The same answer as in dummyToNext, at a flow whose second step has an expression policy. */
export const dummyWithPolicy: Visit = {
  before: [getChallenge('policy-dummies', 'ak-stage-dummy')],
  measured: [passDummy('policy-dummies', 'ak-stage-dummy')],
};

/** An identification: the stage looks the user up, then the gateway requests the challenge of the password stage. */
export const identification: Visit = {
  before: [getChallenge('login', 'ak-stage-identification')],
  measured: [identify],
};

/**
 * A valid TOTP code: the stage decrypts the secret of the device and verifies the code, the code is marked as used, and
 * the gateway requests the next challenge.
 */
export const totpCode = (code: string): Visit => ({
  before: [
    getChallenge('app', 'ak-stage-identification'),
    solve('app', { component: 'ak-stage-identification', uid_field: '$user' }, 'ak-stage-authenticator-validate'),
  ],
  measured: [solve('app', { component: 'ak-stage-authenticator-validate', code }, 'ak-stage-dummy')],
});

/** A captcha token for a provider that never replies. */
export const hangingCaptcha: Visit = {
  before: [getChallenge('hanging', 'ak-stage-captcha')],
  measured: [solve('hanging', { component: 'ak-stage-captcha', token: '$user' }, 'response_errors')],
};

/** A wrong password with a slow hash, so that the check of the password takes most of the time of the visit. */
export const slowPassword: Visit = {
  before: [
    getChallenge('login', 'ak-stage-identification'),
    solve('login', { component: 'ak-stage-identification', uid_field: 'slow-$user' }, 'ak-stage-password'),
  ],
  measured: [solve('login', { component: 'ak-stage-password', password: 'wrong' }, 'response_errors')],
};

/** A complete login. */
export const login: Visit = {
  before: [],
  measured: [getChallenge('login', 'ak-stage-identification'), identify, enterPassword],
};

/** A complete login by a flow with a dummy step in place of the password. */
export const loginWithoutHash: Visit = {
  before: [],
  measured: [
    getChallenge('no-password', 'ak-stage-identification'),
    solve('no-password', { component: 'ak-stage-identification', uid_field: '$user' }, 'ak-stage-dummy'),
    passDummy('no-password', 'xak-flow-redirect'),
  ],
};

/** A request of a logged-in user. */
export const ownAccount: Visit = {
  cookie: 'authentik_session',
  before: [],
  measured: [{ method: 'GET', path: '/api/v3/core/users/me/', expects: '"username"' }],
};

/**
 * Returns a visit to the flow `login` with the copies `login-N` in place of that flow. The visitors are distributed
 * over the copies.
 */
export function atCopies({ before, measured }: Visit): Visit {
  const atCopy = (step: Step) => ({ ...step, path: step.path.replace('/login/', '/login-$flow/') });
  return { before: before.map(atCopy), measured: measured.map(atCopy) };
}

/** Where node-oidc-provider sends a user who has logged in. No server listens there. */
export const REDIRECT_URI = 'https://client.example.org/callback';

/** A login of Better Auth by e-mail and password. */
export const betterAuthLogin: Visit = {
  before: [],
  measured: [
    {
      method: 'POST',
      path: '/api/auth/sign-in/email',
      body: JSON.stringify({ email: '$user@example.org', password: 'correct-horse-7' }),
      expects: '"token"',
    },
  ],
};

const AUTHORIZATION = new URLSearchParams({
  ...{ client_id: 'bench', response_type: 'code', scope: 'openid', redirect_uri: REDIRECT_URI },
  ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
});

/**
 * A login at node-oidc-provider, from the authorization request to the code: the form of the interaction, the password,
 * and the end of the authorization.
 */
export const oidcProviderLogin: Visit = {
  before: [],
  measured: [
    { method: 'GET', path: `/auth?${AUTHORIZATION}`, expects: '/interaction/' },
    { method: 'GET', path: '$location', expects: '<form' },
    {
      method: 'POST',
      path: '$location',
      body: JSON.stringify({ user: '$user', password: 'correct-horse-7' }),
      expects: '/auth/',
    },
    { method: 'GET', path: '$location', expects: `${REDIRECT_URI}?code=` },
  ],
};
