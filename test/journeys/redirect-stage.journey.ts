import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';

const REDIRECT = 'redirect.redirectstage';
const toFlow = (slug: string, attrs: object = {}) => ({
  stage: REDIRECT,
  attrs: { mode: 'flow', target_flow: keyOf(slug), ...attrs },
});
const toUrl = (target_static: string) => ({ stage: REDIRECT, attrs: { mode: 'static', target_static } });
const FORM = { authentication: 'none', designation: 'stage_configuration' };
/** Makes the redirect stage send the browser to the address in its `User-Agent`. */
const CHOOSE = `target = request.http_request.headers.get("User-Agent")
context["flow_plan"].context["redirect_stage_target"] = target
return True`;
/** Sets a fact to a value that its schema refuses, so that the flow of the policy cannot be planned. */
const SPOIL = `context["flow_plan"].context["redirect"] = 1
return True`;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'policy', 'enrollment'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('dora', { attributes: { 'goauthentik.io/user/debug': true } }),
        flowEntries('second', [PASSWORD, LOGIN], { authentication: 'require_redirect' }),
        flowEntries('plain', [DUMMY], { ...FORM, authentication: 'require_redirect', title: 'For %(user)s' }),
        flowEntries('members', [DUMMY], { ...FORM, authentication: 'require_authenticated' }),
        flowEntries('by-link', [IDENTIFICATION, EMAIL, DUMMY], {
          designation: 'recovery',
          authentication: 'require_token',
        }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { authentication: 'require_unauthenticated' }),
        flowEntries('first', [IDENTIFICATION, toFlow('second')]),
        flowEntries('forgetful', [IDENTIFICATION, toFlow('plain', { keep_context: false })]),
        flowEntries('closed', [toFlow('members')], FORM),
        flowEntries('outside', [toUrl('https://app.example.org/welcome'), DUMMY], FORM),
        flowEntries('chosen', [toUrl('/fallback')], FORM),
        expressionEntry('choose', CHOOSE),
        boundEntry('chosen-0 bound', 'choose'),
        flowEntries('spoiled', [DUMMY], FORM),
        expressionEntry('spoil', SPOIL),
        boundEntry('spoiled', 'spoil'),
        flowEntries('astray', [toFlow('spoiled')], FORM),
        flowEntries('leads-astray', [IDENTIFICATION, PASSWORD, LOGIN, toFlow('spoiled')]),
      ),
    ],
  });
});
afterAll(() => deployment?.close());

describe('a redirect stage', () => {
  it('redirects to another flow, which gets the facts of the first flow', async () => {
    const visitor = deployment.browser();
    await visitor.show('first', 'next=/app');
    const { body } = await visitor.solve('first', { uid_field: 'alice' }, 'next=/app');
    expect(body).toMatchObject({
      ...{ component: 'xak-flow-redirect', to: '/if/flow/second/?next=%2Fapp', final_redirect: false },
      flow_info: { cancel_url: '/flows/-/cancel/?next=%2Fapp' },
    });
    expect((await visitor.show('second')).body).toMatchObject({
      component: 'ak-stage-password',
      pending_user: 'alice',
    });
    const { body: end } = await visitor.solve('second', { password: 'correct-horse-7' });
    expect(end).toEqual({ component: 'xak-flow-redirect', to: '/app', final_redirect: true });
    expect((await visitor.fetch('/api/v3/core/users/me/')).status).toBe(200);
  });

  it('redirects to another flow without the facts if keep_context is false', async () => {
    const visitor = deployment.browser();
    await visitor.show('forgetful');
    await visitor.solve('forgetful', { uid_field: 'alice' });
    expect((await visitor.show('plain')).body).toMatchObject({ flow_info: { title: 'For AnonymousUser' } });
  });

  it('keeps the visitor logged in if the other flow cannot be planned', async () => {
    const visitor = deployment.browser();
    await visitor.show('leads-astray');
    await visitor.solve('leads-astray', { uid_field: 'alice' });
    const { body } = await visitor.solve('leads-astray', { password: 'correct-horse-7' });
    expect(body).toMatchObject({ component: 'ak-stage-flow-error' });
    expect((await visitor.fetch('/api/v3/core/users/me/')).status).toBe(200);
  });

  it('shows a user with the debug attribute why the other flow cannot be planned', async () => {
    const dora = deployment.browser();
    await dora.show('login');
    await dora.solve('login', { uid_field: 'dora' });
    await dora.solve('login', { password: 'correct-horse-7' });
    expect((await dora.show('astray')).body).toMatchObject({
      ...{ component: 'ak-stage-flow-error', error: 'a policy sets a redirect of the wrong shape' },
    });
    expect((await deployment.browser().show('astray')).body).not.toHaveProperty('error');
  });

  it('denies a visitor to whom the other flow does not apply', async () => {
    expect((await deployment.browser().show('closed')).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message: 'Unknown error' },
    });
  });

  it('redirects to a URL, and passes with an answer that contains `to`', async () => {
    const visitor = deployment.browser();
    const redirect = { component: 'xak-flow-redirect', to: 'https://app.example.org/welcome', final_redirect: false };
    expect((await visitor.show('outside')).body).toMatchObject(redirect);
    expect((await visitor.show('outside')).body).toMatchObject(redirect);
    expect((await visitor.solve('outside', {})).body).toMatchObject({
      response_errors: { to: [{ code: 'required' }] },
    });
    expect((await visitor.solve('outside', { to: redirect.to })).body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it.each([
    ['vitest', '/fallback'],
    ['https://app.example.org/x', 'https://app.example.org/x'],
    ['ak-flow://plain', '/if/flow/plain/'],
    ['ak-flow://nowhere', '/fallback'],
    ['javascript:alert(1)', '/fallback'],
  ])('with the target %j from a policy redirects to %s', async (to, expected) => {
    const address = '/api/v3/flows/executor/chosen/?query=';
    const { body } = await deployment.browser().fetch(address, { headers: { 'user-agent': to } });
    expect(body).toMatchObject({ component: 'xak-flow-redirect', to: expected });
  });
});

describe('a flow that requires a redirect or a mailed link', () => {
  it.each([
    ['second', 'Flow does not apply to current user.'],
    ['by-link', 'This link is invalid or has expired. Please request a new one.'],
  ])('denies a visitor who opens it directly: %s', async (slug, error_message) => {
    expect((await deployment.browser().show(slug)).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message },
    });
  });

  it('runs by the recovery link of an administrator', async () => {
    const url = await deployment.user(['recovery-link', 'alice', '--flow', 'by-link']);
    const visitor = deployment.browser();
    const query = new URL(url).search.slice(1);
    const { token } = (await visitor.show('by-link', query)).body;
    expect((await visitor.solve('by-link', { token }, query)).body).toMatchObject({ component: 'ak-stage-dummy' });
  });
});

it('a login that a logged-in user opens redirects to its next at once', async () => {
  const visitor = deployment.browser();
  await visitor.show('login');
  await visitor.solve('login', { uid_field: 'alice' });
  await visitor.solve('login', { password: 'correct-horse-7' });
  const end = { component: 'xak-flow-redirect', final_redirect: true };
  expect((await visitor.show('login', 'next=/app')).body).toEqual({ ...end, to: '/app' });
  expect((await visitor.show('login', 'next=//evil.example')).body).toEqual({ ...end, to: '/' });
});
