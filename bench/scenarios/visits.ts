import type { Step, Visit } from '../visit.js';

const executor = (slug: string) => `/api/v3/flows/executor/${slug}/?query=`;

const look = (slug: string, expects: string): Step => ({ method: 'GET', path: executor(slug), expects });
const solve = (slug: string, body: object, expects: string): Step => ({
  method: 'POST',
  path: executor(slug),
  body: JSON.stringify(body),
  expects,
});
const floor = (path: string): Visit => ({
  before: [],
  measured: [{ method: 'POST', path, body: '{"component":"ak-stage-dummy"}', expects: 'ak-stage-dummy' }],
});

const identify = solve('login', { component: 'ak-stage-identification', uid_field: '$user' }, 'ak-stage-password');
const prove = solve('login', { component: 'ak-stage-password', password: 'correct-horse-7' }, 'xak-flow-redirect');
const pass = (slug: string, expects: string) => solve(slug, { component: 'ak-stage-dummy' }, expects);

/** The floors: what a solve cannot do without, piece by piece. */
export const FLOORS = {
  bare: floor('/bare'),
  echo: floor('/echo'),
  least: floor('/whole/least/1'),
  whole: floor('/whole/product/1'),
  wholeTwice: floor('/whole/product/2'),
  hash: floor('/hash'),
};

/** An answer to a dummy stage that ends the flow: one load, one question to the stage, one save. */
export const dummy: Visit = {
  before: [look('one-dummy', 'ak-stage-dummy')],
  measured: [pass('one-dummy', 'xak-flow-redirect')],
};

/** An answer to a dummy stage that brings the next challenge: the same with two questions. */
export const dummyOnward: Visit = {
  before: [look('two-dummies', 'ak-stage-dummy')],
  measured: [pass('two-dummies', 'ak-stage-dummy')],
};

/** The same where an expression decides on the step that follows. */
export const dummyAsked: Visit = {
  before: [look('asked-dummies', 'ak-stage-dummy')],
  measured: [pass('asked-dummies', 'ak-stage-dummy')],
};

/** Saying who one is: the user is looked up, and the password stage asked for its challenge. */
export const identification: Visit = { before: [look('login', 'ak-stage-identification')], measured: [identify] };

/** A right code of an app: the device is opened, the code judged and used up, and the next stage asked for its challenge. */
export const appCode = (code: string): Visit => ({
  before: [
    look('app', 'ak-stage-identification'),
    solve('app', { component: 'ak-stage-identification', uid_field: '$user' }, 'ak-stage-authenticator-validate'),
  ],
  measured: [solve('app', { component: 'ak-stage-authenticator-validate', code }, 'ak-stage-dummy')],
});

/** A token for a provider that never answers. */
export const hangingCaptcha: Visit = {
  before: [look('hanging', 'ak-stage-captcha')],
  measured: [solve('hanging', { component: 'ak-stage-captcha', token: '$user' }, 'response_errors')],
};

/** A wrong password for a hash so slow that little else is left of the visit. */
export const slowPassword: Visit = {
  before: [
    look('login', 'ak-stage-identification'),
    solve('login', { component: 'ak-stage-identification', uid_field: 'slow-$user' }, 'ak-stage-password'),
  ],
  measured: [solve('login', { component: 'ak-stage-password', password: 'wrong' }, 'response_errors')],
};

/** All of a login, from the first look. */
export const login: Visit = { before: [], measured: [look('login', 'ak-stage-identification'), identify, prove] };
