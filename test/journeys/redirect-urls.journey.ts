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
let house: Deployment;

beforeAll(async () => {
  const configurable = { ...PASSWORD, attrs: { ...PASSWORD.attrs, configure_flow: keyOf('setup') } };
  const embedding = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('embedded') } };
  const embedded = { model: `authentik_stages_${PASSWORD.stage}`, id: 'embedded', identifiers: { name: 'embedded' } };
  const forMembers = { ...PASSWORD.attrs, configure_flow: keyOf('members') };
  const admins = { model: 'authentik_core.group', id: 'admins', identifiers: { name: 'admins' } };
  house = await Deployment.open({
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
afterAll(() => house.close());

async function loggedIn(user: string): Promise<Browser> {
  const browser = house.browser();
  await browser.solve('login', { uid_field: user });
  expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  return browser;
}

async function stageId(name: string): Promise<string> {
  const sql = "SELECT id FROM flow.objects WHERE (identifiers || attrs)->>'name' = $1";
  const found = await house.rows<{ id: string }>(sql, [name]);
  if (!found[0]) throw new Error(`there is no stage ${name}`);
  return found[0].id;
}

const leadsTo = async (browser: Browser, path: string) => {
  const { status, headers } = await browser.fetch(path);
  return [status, headers.get('location')];
};

describe('the address of a purpose', () => {
  it('leads to its flow, with the query, whoever is here: the flow says whether it is for them', async () => {
    const path = '/flows/-/default/authentication/?next=%2Fa%20b';
    for (const browser of [house.browser(), await loggedIn('alice')]) {
      expect(await leadsTo(browser, path)).toEqual([302, '/if/flow/closed/?next=%2Fa+b']);
    }
    expect(await leadsTo(house.browser(), '/flows/-/default/invalidation/')).toEqual([302, '/if/flow/goodbye/']);
  });

  it.each(['recovery', 'stage_configuration', 'enrollment', 'nonsense'])('does not exist for %s', async (purpose) => {
    expect((await house.browser().fetch(`/flows/-/default/${purpose}/`)).status).toBe(404);
  });
});

describe('setting up a stage', () => {
  it('begins its flow about whoever is logged in, in place of one under way', async () => {
    const browser = await loggedIn('alice');
    const address = `/flows/-/configure/${await stageId('login 1 password.passwordstage')}/`;
    for (let i = 0; i < 2; i++) {
      expect(await leadsTo(browser, `${address}?next=%2Fback`)).toEqual([302, '/if/flow/setup/?next=%2Fback']);
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

  it('is for a stranger to log in first, and to come back', async () => {
    const address = `/flows/-/configure/${await stageId('login 1 password.passwordstage')}/`;
    const login = `/flows/-/default/authentication/?next=${encodeURIComponent(`${address}?a=b`)}`;

    expect(await leadsTo(house.browser(), `${address}?a=b`)).toEqual([302, login]);
  });

  it('is found for a stage that is no step of its own', async () => {
    const browser = await loggedIn('alice');
    const address = `/flows/-/configure/${await stageId('embedded')}/`;

    expect(await leadsTo(browser, address)).toEqual([302, '/if/flow/setup/']);
  });

  it('does not exist for a stage that nobody knows, or that has no such flow', async () => {
    const browser = await loggedIn('alice');
    const unconfigured = await stageId('setup 0 password.passwordstage');
    const notConfigurable = await stageId('goodbye 0 dummy.dummystage');
    for (const id of [UNKNOWN, unconfigured, notConfigurable, 'nonsense']) {
      expect([id, (await browser.fetch(`/flows/-/configure/${id}/`)).status]).toEqual([id, 404]);
    }
  });

  it('does not exist for whom the policies of its flow keep out', async () => {
    const address = `/flows/-/configure/${await stageId('exclusive')}/`;

    expect(await leadsTo(await loggedIn('alice'), address)).toEqual([302, '/if/flow/members/']);
    expect((await (await loggedIn('debbie')).fetch(address)).status).toBe(404);
  });

  it('does not take credentials in its address', async () => {
    expect((await house.browser().fetch(`/flows/-/configure/${UNKNOWN}/?password=x`)).status).toBe(400);
  });
});

describe('executing a flow', () => {
  const path = '/api/v3/flows/instances/setup/execute/';

  it('begins it about the administrator, and says where it goes on', async () => {
    const browser = await loggedIn('root');
    const { status, body } = await browser.fetch(path);

    expect([status, body]).toEqual([200, { link: `${house.url}/if/flow/setup/` }]);
    expect((await browser.show('setup')).body).toMatchObject({ pending_user: 'root' });
  });

  it('lets them into a flow for strangers, which is otherwise none for them', async () => {
    const browser = await loggedIn('root');
    expect((await browser.show('join')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    await browser.fetch('/api/v3/flows/instances/join/execute/');

    expect((await browser.show('join')).body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it('does not get past the policies of the flow', async () => {
    expect(await (await loggedIn('root')).fetch('/api/v3/flows/instances/members/execute/')).toMatchObject({
      status: 400,
      body: { detail: 'Flow does not apply to current user.', code: 'flow_not_applicable' },
    });
  });

  it('is for administrators only, and for flows that exist', async () => {
    expect(await house.browser().fetch(path)).toMatchObject({ status: 403, body: { code: 'not_authenticated' } });
    expect(await (await loggedIn('alice')).fetch(path)).toMatchObject({
      status: 403,
      body: { code: 'permission_denied' },
    });
    const unknown = '/api/v3/flows/instances/nowhere/execute/';
    expect((await (await loggedIn('root')).fetch(unknown)).status).toBe(404);
  });
});

describe('the inspector', () => {
  const path = '/api/v3/flows/inspector/setup/';

  it('shows where a run stands and what it passed, as clients of the reference read it, and no value of the past', async () => {
    const browser = await loggedIn('root');
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

  it('still shows a run that is over', async () => {
    const browser = await loggedIn('root');
    await browser.fetch('/api/v3/flows/instances/setup/execute/');
    for (const body of [{ password: 'correct-horse-7' }, {}]) await browser.solve('setup', body);

    expect((await browser.fetch(path)).body).toMatchObject({
      is_completed: true,
      plans: [{}, {}],
      current_plan: { current_stage: { stage_obj: { name: 'setup 1 dummy.dummystage' } } },
    });
  });

  it('is there for administrators and debugged users only', async () => {
    for (const browser of [house.browser(), await loggedIn('alice')]) {
      await browser.show('setup');
      expect((await browser.fetch(path)).status).toBe(404);
    }
    const browser = await loggedIn('debbie');
    await browser.show('setup');
    expect((await browser.fetch(path)).status).toBe(200);
    expect((await browser.fetch('/api/v3/flows/inspector/nowhere/')).status).toBe(404);
  });

  it('says with an empty 400 that there is nothing to look at', async () => {
    const { status, text } = await (await loggedIn('root')).fetch(path);
    expect([status, text]).toEqual([400, '']);
  });
});

describe('a picture', () => {
  it('is what the user keeps, of whoever is logged in, and not of whoever is named', async () => {
    const browser = await loggedIn('alice');
    await browser.fetch(`/flows/-/configure/${await stageId('embedded')}/`);
    expect((await browser.show('setup')).body).toMatchObject({ pending_user_avatar: '/media/alice.png' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({
      user: { avatar: '/media/alice.png' },
    });

    const drawn = { pending_user_avatar: expect.stringMatching(/^data:image\/svg\+xml;base64,/) };
    expect((await house.browser().solve('login', { uid_field: 'alice' })).body).toMatchObject(drawn);
  });
});

describe('a title', () => {
  it('names nobody where no flow was begun', async () => {
    const { body } = await (await loggedIn('alice')).show('closed');
    expect(body).toMatchObject({ component: 'ak-stage-access-denied', flow_info: { title: '%(user)s' } });
  });
});
