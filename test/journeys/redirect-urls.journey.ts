import { FlowInspectionFromJSON } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
let deployment: Deployment;

beforeAll(async () => {
  const configurable = { ...PASSWORD, attrs: { ...PASSWORD.attrs, configure_flow: keyOf('setup') } };
  const embedding = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('embedded') } };
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const forMembers = { ...PASSWORD.attrs, configure_flow: keyOf('members') };
  const admins = { model: 'authentik_core.group', id: 'admins', identifiers: { name: 'admins' } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        { ...admins, attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('admins')] }),
        userEntry('alice', { name: 'Alice Liddell', attributes: { photos: { small: '/media/alice.png' } } }),
        userEntry('debbie', { attributes: { 'goauthentik.io/user/debug': true } }),
        flowEntries('setup', [PASSWORD, DUMMY], {
          designation: 'stage_configuration',
          authentication: 'require_authenticated',
          title: 'Set up, %(user)-7s|',
        }),
        flowEntries('login', [IDENTIFICATION, configurable, LOGIN]),
        { ...embedded, attrs: configurable.attrs },
        flowEntries('combined', [embedding, LOGIN], { designation: 'authorization' }),
        flowEntries('members', [DUMMY], { designation: 'stage_configuration' }),
        conditionEntry('members', 'user alice'),
        { ...embedded, id: 'exclusive', identifiers: { name: 'exclusive' }, attrs: forMembers },
        flowEntries(
          'exclusive-login',
          [{ ...IDENTIFICATION, attrs: { ...embedding.attrs, password_stage: keyOf('exclusive') } }],
          {
            designation: 'authorization',
          },
        ),
        flowEntries('goodbye', [DUMMY], { designation: 'invalidation' }),
        flowEntries('recover', [DUMMY], { designation: 'recovery' }),
        flowEntries('join', [DUMMY], { designation: 'enrollment', authentication: 'require_unauthenticated' }),
        flowEntries('closed', [DUMMY], { authentication: 'require_superuser', title: '%(user)s' }),
      ),
    ],
    gateway: { AVATARS: 'attributes.photos.small,initials' },
  });
});
afterAll(() => deployment.close());

async function logIn(user: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: user });
  expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  return browser;
}

async function stageId(name: string): Promise<string> {
  const sql = "SELECT id FROM flow.objects WHERE (identifiers || attrs)->>'name' = $1";
  const rows = await deployment.rows<{ id: string }>(sql, [name]);
  if (!rows[0]) throw new Error(`there is no stage ${name}`);
  return rows[0].id;
}

const redirectOf = async (browser: Browser, path: string) => {
  const { status, headers } = await browser.fetch(path);
  return [status, headers.get('location')];
};

describe('the URL of a default flow', () => {
  it('redirects to the flow with the query, even if the flow does not apply', async () => {
    const path = '/flows/-/default/authentication/?next=%2Fa%20b';
    for (const browser of [deployment.browser(), await logIn('alice')]) {
      expect(await redirectOf(browser, path)).toEqual([302, '/if/flow/closed/?next=%2Fa+b']);
    }
    expect(await redirectOf(deployment.browser(), '/flows/-/default/invalidation/')).toEqual([
      302,
      '/if/flow/goodbye/',
    ]);
  });

  it.each(['recovery', 'stage_configuration', 'enrollment', 'nonsense'])('returns 404 for %s', async (purpose) => {
    expect((await deployment.browser().fetch(`/flows/-/default/${purpose}/`)).status).toBe(404);
  });
});

describe('the URL that configures a stage', () => {
  it('starts the configure flow for the user who is logged in, and replaces a running plan of that flow', async () => {
    const browser = await logIn('alice');
    const address = `/flows/-/configure/${await stageId('login 1 password.passwordstage')}/`;
    for (let i = 0; i < 2; i++) {
      expect(await redirectOf(browser, `${address}?next=%2Fback`)).toEqual([302, '/if/flow/setup/?next=%2Fback']);
      expect((await browser.show('setup', 'next=%2Fback')).body).toMatchObject({
        component: 'ak-stage-password',
        pending_user: 'alice',
        flow_info: { title: 'Set up, alice  |' },
      });
      expect((await browser.solve('setup', { password: 'correct-horse-7' })).body).toMatchObject({
        component: 'ak-stage-dummy',
      });
    }
    expect((await browser.solve('setup', {})).body).toEqual({ component: 'xak-flow-redirect', to: '/back' });
  });

  it('redirects an anonymous visitor to the login, with the configure URL as next', async () => {
    const address = `/flows/-/configure/${await stageId('login 1 password.passwordstage')}/`;
    const login = `/flows/-/default/authentication/?next=${encodeURIComponent(`${address}?a=b`)}`;

    expect(await redirectOf(deployment.browser(), `${address}?a=b`)).toEqual([302, login]);
  });

  it('works for a stage that is embedded in another stage', async () => {
    const browser = await logIn('alice');
    const address = `/flows/-/configure/${await stageId('embedded')}/`;

    expect(await redirectOf(browser, address)).toEqual([302, '/if/flow/setup/']);
  });

  it('returns 404 for an unknown stage and for a stage without a configuration flow', async () => {
    const browser = await logIn('alice');
    const unconfigured = await stageId('setup 0 password.passwordstage');
    const notConfigurable = await stageId('goodbye 0 dummy.dummystage');
    for (const id of [UNKNOWN, unconfigured, notConfigurable, 'nonsense']) {
      expect([id, (await browser.fetch(`/flows/-/configure/${id}/`)).status]).toEqual([id, 404]);
    }
  });

  it('returns 404 for a user to whom the flow does not apply', async () => {
    const address = `/flows/-/configure/${await stageId('exclusive')}/`;

    expect(await redirectOf(await logIn('alice'), address)).toEqual([302, '/if/flow/members/']);
    expect((await (await logIn('debbie')).fetch(address)).status).toBe(404);
  });

  it('refuses credentials in the query', async () => {
    expect((await deployment.browser().fetch(`/flows/-/configure/${UNKNOWN}/?password=x`)).status).toBe(400);
  });
});

describe('the URL that executes a flow', () => {
  const path = '/api/v3/flows/instances/setup/execute/';

  it('starts the flow for the administrator and returns the link to it', async () => {
    const browser = await logIn('root');
    const { status, body } = await browser.fetch(path);

    expect([status, body]).toEqual([200, { link: `${deployment.url}/if/flow/setup/` }]);
    expect((await browser.show('setup')).body).toMatchObject({ pending_user: 'root' });
  });

  it('lets an administrator run a flow that requires an anonymous visitor', async () => {
    const browser = await logIn('root');
    expect((await browser.show('join')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    await browser.fetch('/api/v3/flows/instances/join/execute/');

    expect((await browser.show('join')).body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it('does not bypass the policies of the flow', async () => {
    expect(await (await logIn('root')).fetch('/api/v3/flows/instances/members/execute/')).toMatchObject({
      status: 400,
      body: { detail: 'Flow does not apply to current user.', code: 'flow_not_applicable' },
    });
  });

  it('returns an error to anyone but an administrator, and for an unknown flow', async () => {
    expect(await deployment.browser().fetch(path)).toMatchObject({ status: 403, body: { code: 'not_authenticated' } });
    expect(await (await logIn('alice')).fetch(path)).toMatchObject({
      status: 403,
      body: { code: 'permission_denied' },
    });
    const unknown = '/api/v3/flows/instances/nowhere/execute/';
    expect((await (await logIn('root')).fetch(unknown)).status).toBe(404);
  });
});

describe('the diagram of a flow', () => {
  const path = '/api/v3/flows/instances/members/diagram/';

  it('is Mermaid text, and is returned to administrators only', async () => {
    const { status, body } = await (await logIn('root')).fetch(path);

    expect([status, Object.keys(body)]).toEqual([200, ['diagram']]);
    expect(String(body['diagram']).split('\n').slice(0, 2)).toEqual(['graph TD', expect.stringMatching(/^flow_start/)]);
    expect(String(body['diagram'])).toMatch(/^flow_policies\{"[a-z].*"\}$/m);
    expect((await (await logIn('alice')).fetch(path)).status).toBe(403);
    expect((await deployment.browser().fetch(path)).status).toBe(403);
    const unknown = '/api/v3/flows/instances/nowhere/diagram/';
    expect(await (await logIn('root')).fetch(unknown)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

describe('the inspector', () => {
  const path = '/api/v3/flows/inspector/setup/';

  it('shows the current and the past steps in the format of authentik, without values of past steps', async () => {
    const browser = await logIn('root');
    await browser.fetch('/api/v3/flows/instances/setup/execute/');
    await browser.solve('setup', { password: 'wrong' });
    const before = await browser.fetch(path);
    expect([before.status, before.headers.get('x-frame-options')]).toEqual([200, 'SAMEORIGIN']);
    expect(before.body).toMatchObject({
      plans: [],
      is_completed: false,
      current_plan: {
        current_stage: { stage_obj: { name: 'setup 0 password.passwordstage', verbose_name: 'Password Stage' } },
        next_planned_stage: { order: 10, stage_obj: { meta_model_name: 'authentik_stages_dummy.dummystage' } },
        plan_context: { pending_user: { username: 'root', email: 'root@example.org' } },
        session_id: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    await browser.solve('setup', { password: 'correct-horse-7' });
    const { text, body } = await browser.fetch(path);
    const { plans, currentPlan, isCompleted } = FlowInspectionFromJSON(body);

    expect(plans.map((plan) => plan.currentStage.stageObj?.component)).toEqual(['ak-stage-password-form']);
    expect(plans[0]?.planContext).toEqual({});
    expect(currentPlan?.currentStage.stageObj?.name).toBe('setup 1 dummy.dummystage');
    expect(currentPlan?.nextPlannedStage.pk).toBe('');
    expect(isCompleted).toBe(false);
    expect(body['trail']).toMatchObject([
      { name: 'setup 0 password.passwordstage', outcome: 'rejected', ms: expect.any(Number) },
      { name: 'setup 0 password.passwordstage', outcome: 'passed', at: expect.stringMatching(/^20\d\d-.*Z$/) },
    ]);
    expect(text).not.toMatch(/correct-horse|wrong/);
  });

  it('still shows a plan after it has ended', async () => {
    const browser = await logIn('root');
    await browser.fetch('/api/v3/flows/instances/setup/execute/');
    for (const body of [{ password: 'correct-horse-7' }, {}]) await browser.solve('setup', body);

    expect((await browser.fetch(path)).body).toMatchObject({
      is_completed: true,
      plans: [{}, {}],
      current_plan: { current_stage: { stage_obj: { name: 'setup 1 dummy.dummystage' } } },
    });
  });

  it('is available only to administrators and users whose attributes set debug mode', async () => {
    for (const browser of [deployment.browser(), await logIn('alice')]) {
      await browser.show('setup');
      expect((await browser.fetch(path)).status).toBe(404);
    }
    const browser = await logIn('debbie');
    await browser.show('setup');
    expect((await browser.fetch(path)).status).toBe(200);
    expect((await browser.fetch('/api/v3/flows/inspector/nowhere/')).status).toBe(404);
  });

  it('returns an empty 400 when the session has no plan', async () => {
    const { status, text } = await (await logIn('root')).fetch(path);
    expect([status, text]).toEqual([400, '']);
  });
});

describe('an avatar', () => {
  it('is read from the attributes of a user who is logged in, but not of a user who is only identified', async () => {
    const browser = await logIn('alice');
    await browser.fetch(`/flows/-/configure/${await stageId('embedded')}/`);
    expect((await browser.show('setup')).body).toMatchObject({ pending_user_avatar: '/media/alice.png' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({
      user: { avatar: '/media/alice.png' },
    });

    const initials = { pending_user_avatar: expect.stringMatching(/^data:image\/svg\+xml;base64,/) };
    expect((await deployment.browser().solve('login', { uid_field: 'alice' })).body).toMatchObject(initials);
  });
});

describe('the title of a flow', () => {
  it('contains no username when the flow does not apply', async () => {
    const { body } = await (await logIn('alice')).show('closed');
    expect(body).toMatchObject({ component: 'ak-stage-access-denied', flow_info: { title: '%(user)s' } });
  });
});
