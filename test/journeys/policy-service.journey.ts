import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry, NO_PASSWORD_YET, policyEntry } from '../support/policy-entries.js';

let deployment: Deployment;

const identificationWith = (slug: string, password: string) => ({
  ...{
    model: 'authentik_stages_identification.identificationstage',
    id: `${slug} ident`,
    identifiers: { name: `${slug} ident` },
  },
  attrs: { user_fields: ['username'], password_stage: keyOf(password) },
});

beforeAll(async () => {
  deployment = await Deployment.open({
    apart: ['policy'],
    services: ['identification', 'password', 'session', 'policy'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        // The flow `combined` asks for the password with the username, the flow `apart` in a later step.
        expressionEntry('no password yet', NO_PASSWORD_YET),
        flowEntries('apart', [IDENTIFICATION, PASSWORD, LOGIN]),
        boundEntry('apart-1 bound', 'no password yet'),
        flowEntries('combined', [DUMMY, PASSWORD, LOGIN]),
        identificationWith('combined', 'combined-1'),
        {
          model: 'authentik_flows.flowstagebinding',
          identifiers: { target: keyOf('combined'), stage: keyOf('combined ident'), order: 5 },
        },
        boundEntry('combined-1 bound', 'no password yet'),
        // The dummy step is for users with a bad reputation only.
        policyEntry('reputation.reputationpolicy', 'bad reputation', { check_ip: false, threshold: -2 }),
        flowEntries('guarded', [IDENTIFICATION, DUMMY, PASSWORD, LOGIN]),
        boundEntry('guarded-1 bound', 'bad reputation'),
        // Flows whose policies are expressions.
        expressionEntry('weather', 'ak_message("It is too cold.")\nreturn False'),
        flowEntries('cold', [DUMMY]),
        boundEntry('cold', 'weather'),
        expressionEntry('warmth', 'return True'),
        flowEntries('warm', [DUMMY]),
        boundEntry('warm', 'warmth'),
      ),
    ],
  });
}, 120_000);
afterAll(() => deployment.close());

const password = { component: 'ak-stage-password' };

describe('authentik’s expression that skips the password step', () => {
  it('keeps the step for a visitor who has only entered a username', async () => {
    const browser = deployment.browser();
    expect((await browser.solve('apart', { uid_field: 'alice' })).body).toMatchObject(password);
    expect((await browser.solve('apart', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('skips the step only for a user who has entered the right password with the username', async () => {
    const browser = deployment.browser();
    await browser.solve('combined', {});
    const wrong = await browser.solve('combined', { uid_field: 'alice', password: 'wrong' });
    expect(wrong.body).toMatchObject({ component: 'ak-stage-identification' });
    const right = await browser.solve('combined', { uid_field: 'alice', password: 'correct-horse-7' });
    expect(right.body).toMatchObject({ to: '/' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
  });
});

it('a step bound to a reputation policy is shown only to users with a bad reputation', async () => {
  await deployment.rows('DELETE FROM flow.reputation');
  const nextChallenge = async () => (await deployment.browser().solve('guarded', { uid_field: 'alice' })).body;
  expect(await nextChallenge()).toMatchObject(password);
  await deployment.rows(`INSERT INTO flow.reputation VALUES ('alice', '198.51.100.1', -2, 'infinity')`);
  expect(await nextChallenge()).toMatchObject({ component: 'ak-stage-dummy' });
});

it.each([{}, { password: null }, { password: '' }, { password: 'wrong' }])(
  'the answer %j lowers the reputation of a known and of an unknown username',
  async (answer) => {
    await deployment.rows('DELETE FROM flow.reputation');
    for (const uid_field of ['alice', 'nobody']) {
      const browser = deployment.browser();
      await browser.solve('combined', {});
      const response = await browser.solve('combined', { uid_field, ...answer });
      expect(response.body).toMatchObject({
        response_errors: { non_field_errors: [{ string: 'Failed to authenticate.', code: 'invalid' }] },
      });
    }
    expect(await deployment.rows('SELECT identifier, score FROM flow.reputation ORDER BY identifier')).toEqual([
      { identifier: 'alice', score: -1 },
      { identifier: 'nobody', score: -1 },
    ]);
  },
);

it('the message of an expression that denies a flow is shown', async () => {
  expect(await deployment.browser().show('cold')).toMatchObject({
    status: 200,
    body: { component: 'ak-stage-access-denied', error_message: 'It is too cold.' },
  });
});

it('a blueprint whose expression is invalid Python is refused, with line and column', async () => {
  const invalid = blueprint(expressionEntry('broken', 'if True:\n    return = 1'));
  await expect(deployment.apply(invalid)).rejects.toThrow(/Expression Syntax Error: .*\(line 2, column \d+\)/);
}, 60_000);

it('flows with policies return 503 after the policy service is killed, and work again after its restart', async () => {
  const [firstBrowser, secondBrowser] = [deployment.browser(), deployment.browser()];
  expect((await firstBrowser.show('warm')).body).toMatchObject({ component: 'ak-stage-dummy' });
  await deployment.end('policy', 'SIGKILL');
  for (const slug of ['warm', 'cold']) {
    const answer = await secondBrowser.show(slug);
    expect(answer).toMatchObject({ status: 503, body: { component: 'ak-stage-flow-error' }, setCookies: [] });
  }
  const runningBrowser = deployment.browser();
  expect((await runningBrowser.solve('apart', { uid_field: 'alice' })).status).toBe(503);
  await deployment.start('policy');
  expect((await runningBrowser.show('apart')).body).toMatchObject(password);
  expect((await secondBrowser.show('warm')).body).toMatchObject({ component: 'ak-stage-dummy' });
}, 60_000);
