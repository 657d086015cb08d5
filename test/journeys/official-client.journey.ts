import type { FlowsExecutorSolveRequest, ResponseError } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { officialClient } from '../support/official-client.js';

const KEY = 'key-of-alice-of-sixty-characters-as-gatehouse-draws-them-123';
const RIGHT = 'correct-horse-7';
let deployment: Deployment;

beforeAll(async () => {
  const admins = { model: 'authentik_core.group', id: 'admins', identifiers: { name: 'admins' } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        { ...admins, attrs: { is_superuser: true } },
        userEntry('alice', { name: 'Alice Liddell' }),
        userEntry('root', { groups: [keyOf('admins')] }),
        tokenEntry('alice', KEY),
        flowEntries('login', [
          IDENTIFICATION,
          PASSWORD,
          { ...LOGIN, attrs: { session_duration: 'hours=1', remember_me_offset: 'days=1' } },
        ]),
        flowEntries('strict', [IDENTIFICATION, { ...PASSWORD, binding: { invalid_response_action: 'restart' } }]),
        flowEntries('refusing', [IDENTIFICATION, { stage: 'deny.denystage', attrs: { deny_message: 'Not today' } }]),
        flowEntries('members', [DUMMY], { authentication: 'require_authenticated' }),
        flowEntries('bye', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

/** Returns the calls of a visitor who uses the official client in one flow. */
function visitor(flowSlug: string, query = '', browser = deployment.browser()) {
  const { flows, core } = officialClient(browser);
  type Answer = NonNullable<FlowsExecutorSolveRequest['flowChallengeResponseRequest']>;
  return {
    browser,
    flows,
    core,
    show: () => flows.flowsExecutorGet({ flowSlug, query }),
    solve: (answer: Answer) => flows.flowsExecutorSolve({ flowSlug, query, flowChallengeResponseRequest: answer }),
  };
}

async function logIn(uidField: string) {
  const { solve, browser } = visitor('login');
  await solve({ component: 'ak-stage-identification', uidField });
  await solve({ component: 'ak-stage-password', password: RIGHT });
  await solve({ component: 'ak-stage-user-login', rememberMe: false });
  return browser;
}

/** Returns the status and the body of the response that refused a request. */
const refusalOf = (request: Promise<unknown>) =>
  request.then(
    () => 'was not refused',
    async ({ response }: ResponseError) => [response.status, await response.json()],
  );

const flowInfo = {
  title: 'Welcome',
  background: '/static/dist/assets/images/flow_background.jpg',
  cancelUrl: '/flows/-/cancel/',
  layout: 'stacked',
};
const pendingUser = { pendingUser: 'alice', pendingUserAvatar: expect.stringMatching(/^data:image\/svg\+xml;base64,/) };

describe('the official client', () => {
  it('logs in and parses every field of every challenge', async () => {
    const { show, solve, core } = visitor('login', 'next=%2Fapp%2F');

    expect(await show()).toEqual({
      component: 'ak-stage-identification',
      flowInfo,
      userFields: ['username', 'email'],
      passwordFields: false,
      allowShowPassword: false,
      flowDesignation: 'authentication',
      primaryAction: 'Log in',
      sources: [],
      showSourceLabels: false,
    });
    const password = { component: 'ak-stage-password', flowInfo, ...pendingUser, allowShowPassword: false };
    expect(await solve({ component: 'ak-stage-identification', uidField: 'alice' })).toEqual(password);
    expect(await solve({ component: 'ak-stage-password', password: 'wrong' })).toEqual({
      ...password,
      responseErrors: { password: [{ string: 'Invalid password', code: 'invalid' }] },
    });
    expect(await solve({ component: 'ak-stage-password', password: RIGHT })).toEqual({
      ...{ component: 'ak-stage-user-login', flowInfo },
      ...pendingUser,
    });
    expect(await solve({ component: 'ak-stage-user-login', rememberMe: true })).toEqual({
      ...{ component: 'xak-flow-redirect', to: '/app/' },
    });
    expect(await core.coreUsersMeRetrieve()).toMatchObject({
      user: { pk: expect.any(Number), username: 'alice', name: 'Alice Liddell', isActive: true, systemPermissions: [] },
    });
  });

  it('may send fields that only later authentik versions know', async () => {
    const { solve } = visitor('login');

    expect(
      await solve({ component: 'ak-stage-identification', uidField: 'alice', password: null, captchaToken: 'x' }),
    ).toMatchObject({ component: 'ak-stage-password' });
  });

  it('logs in after an invalid response has restarted the flow', async () => {
    const { solve } = visitor('strict');
    await solve({ component: 'ak-stage-identification', uidField: 'alice' });

    const restarted = await solve({ component: 'ak-stage-password', password: 'wrong' });
    expect(restarted).toMatchObject({ component: 'ak-stage-identification', responseErrors: undefined });
    await solve({ component: 'ak-stage-identification', uidField: 'alice' });
    expect(await solve({ component: 'ak-stage-password', password: RIGHT })).toMatchObject({ to: '/' });
  });

  it('parses the error of a denying stage, of a flow that does not apply and of an invalid next URL', async () => {
    const denied = { component: 'ak-stage-access-denied', flowInfo };
    const { solve } = visitor('refusing');

    expect(await solve({ component: 'ak-stage-identification', uidField: 'alice' })).toEqual({
      ...denied,
      ...pendingUser,
      errorMessage: 'Not today',
    });
    const anonymousUser = { pendingUser: '', pendingUserAvatar: '/static/dist/assets/images/user_default.png' };
    expect(await visitor('members').show()).toEqual({
      ...denied,
      ...anonymousUser,
      errorMessage: 'Flow does not apply to current user.',
    });
    const invalidNext = visitor('members', 'next=%2F%2Fevil.example', await logIn('alice'));
    expect(await invalidNext.solve({ component: 'ak-stage-dummy' })).toMatchObject({
      ...denied,
      errorMessage: 'Invalid next URL',
    });
  });

  it('logs out, and is anonymous afterwards', async () => {
    const { show, core } = visitor('bye', 'next=%2Fbye', await logIn('alice'));

    expect(await show()).toEqual({ component: 'xak-flow-redirect', to: '/bye' });
    expect(await refusalOf(core.coreUsersMeRetrieve())).toMatchObject([403, { detail: expect.any(String) }]);
  });

  it('lists its sessions and ends one', async () => {
    const otherBrowser = await logIn('alice');
    const { core } = officialClient(otherBrowser);
    const client = officialClient(await logIn('alice')).core;
    const { results } = await core.coreAuthenticatedSessionsList();
    const uuid = results.find(({ current }) => current)?.uuid ?? '';
    await client.coreAuthenticatedSessionsDestroy({ uuid });

    expect(await refusalOf(core.coreUsersMeRetrieve())).toMatchObject([403, {}]);
    expect((await client.coreUsersMeRetrieve()).user.username).toBe('alice');
  });

  it('inspects a flow run as an administrator', async () => {
    const { show, flows } = visitor('members', '', await logIn('root'));
    await show();

    expect(await flows.flowsInspectorGet({ flowSlug: 'members' })).toMatchObject({
      isCompleted: false,
      currentPlan: { currentStage: { stageObj: { verboseName: 'Dummy Stage', component: 'ak-stage-dummy-form' } } },
    });
    const alice = visitor('members', '', await logIn('alice'));
    expect(await refusalOf(alice.flows.flowsInspectorGet({ flowSlug: 'members' }))).toMatchObject([404, {}]);
  });

  it('runs a flow with an API token', async () => {
    const { flows, core } = officialClient(deployment.browser(), { accessToken: KEY });
    const query = { flowSlug: 'members', query: '' };

    expect(await flows.flowsExecutorGet(query)).toMatchObject({ component: 'ak-stage-dummy' });
    const flowChallengeResponseRequest = { component: 'ak-stage-dummy' } as const;
    expect(await flows.flowsExecutorSolve({ ...query, flowChallengeResponseRequest })).toMatchObject({ to: '/' });
    expect((await core.coreUsersMeRetrieve()).user.username).toBe('alice');
  });

  it('receives a JSON 404 for an unknown flow', async () => {
    expect(await refusalOf(visitor('nowhere').show())).toEqual([404, { detail: 'Not found.', code: 'not_found' }]);
  });
});
