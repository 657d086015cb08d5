import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';

let deployment: Deployment;
let otherGateway: string;

beforeAll(async () => {
  const shadow = { shadow: true };
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'policy'],
    blueprints: [
      blueprint(
        { ...groupEntry('admins'), attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('group admins')] }),
        expressionEntry(
          'refuse',
          'ak_message("go away")\nrequest.context["flow_plan"].context["colour"] = "red"\nreturn False',
        ),
        expressionEntry('endless', 'while True: pass'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        boundEntry('login-1 bound', 'refuse', shadow),
        flowEntries('page', [DUMMY]),
        boundEntry('page', 'refuse', shadow),
        flowEntries('slow', [DUMMY]),
        boundEntry('slow', 'endless', shadow),
      ),
    ],
  });
  otherGateway = await deployment.openAnotherGateway();
});
afterAll(() => deployment?.close());
beforeEach(() => deployment.rows('DELETE FROM flow.outbox'));

const topics = async () =>
  (await deployment.rows<{ topic: string }>('SELECT topic FROM flow.outbox ORDER BY topic')).map(({ topic }) => topic);

it('the refusal of a shadow condition is recorded at both gateways, and does not change the login', async () => {
  const browser = deployment.browser();
  expect((await browser.solve('login', { uid_field: 'root' })).body).toMatchObject({ component: 'ak-stage-password' });
  expect(await topics()).toEqual(['events.policy_shadow']);
  const other = browser.at(otherGateway);
  expect((await other.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  await deployment.rows('DELETE FROM flow.outbox');
  expect((await other.show('page')).body).toMatchObject({ component: 'ak-stage-dummy' });
  expect(await topics()).toEqual(['events.policy_shadow']);
  const { body } = await browser.fetch('/api/v3/flows/inspector/page/');
  expect(body).toMatchObject({
    current_plan: { plan_context: {} },
    shadow_verdicts: [
      { target: 'guard', policy: 'refuse', outcome: 'fail', messages: ['go away'], met: true, would_be_met: false },
    ],
  });
  expect(JSON.stringify(body)).not.toContain('colour');
});

it('a flow continues if its shadow condition is endless, or if the policy service is down', async () => {
  expect((await deployment.browser().show('slow')).body).toMatchObject({ component: 'ak-stage-dummy' });
  await deployment.stop('policy');
  await deployment.rows('DELETE FROM flow.outbox');
  expect((await deployment.browser().show('page')).body).toMatchObject({ component: 'ak-stage-dummy' });
  expect(await topics()).toEqual(['events.policy_shadow']);
});
