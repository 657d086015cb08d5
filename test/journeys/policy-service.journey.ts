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

let house: Deployment;

const identifyBy = (slug: string, password: string) => ({
  ...{
    model: 'authentik_stages_identification.identificationstage',
    id: `${slug} ident`,
    identifiers: { name: `${slug} ident` },
  },
  attrs: { user_fields: ['username'], password_stage: keyOf(password) },
});

beforeAll(async () => {
  house = await Deployment.open({
    apart: ['policy'],
    services: ['identification', 'password', 'session', 'policy'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        // One that asks for the password beside the name, and one that does not.
        expressionEntry('no password yet', NO_PASSWORD_YET),
        flowEntries('apart', [IDENTIFICATION, PASSWORD, LOGIN]),
        boundEntry('apart-1 bound', 'no password yet'),
        flowEntries('combined', [DUMMY, PASSWORD, LOGIN]),
        identifyBy('combined', 'combined-1'),
        {
          model: 'authentik_flows.flowstagebinding',
          identifiers: { target: keyOf('combined'), stage: keyOf('combined ident'), order: 5 },
        },
        boundEntry('combined-1 bound', 'no password yet'),
        // A page for those who have guessed.
        policyEntry('reputation.reputationpolicy', 'bad reputation', { check_ip: false, threshold: -2 }),
        flowEntries('guarded', [IDENTIFICATION, DUMMY, PASSWORD, LOGIN]),
        boundEntry('guarded-1 bound', 'bad reputation'),
        // A flow whose guard is Python that ends, or does not.
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
afterAll(() => house.close());

const password = { component: 'ak-stage-password' };

describe('the expression that drops the password step', () => {
  it('keeps it for somebody who has only said their name', async () => {
    const browser = house.browser();
    expect((await browser.solve('apart', { uid_field: 'alice' })).body).toMatchObject(password);
    expect((await browser.solve('apart', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('drops it for somebody who has shown their password beside it, and for nobody else', async () => {
    const browser = house.browser();
    await browser.solve('combined', {});
    const wrong = await browser.solve('combined', { uid_field: 'alice', password: 'wrong' });
    expect(wrong.body).toMatchObject({ component: 'ak-stage-identification' });
    const right = await browser.solve('combined', { uid_field: 'alice', password: 'correct-horse-7' });
    expect(right.body).toMatchObject({ to: '/' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
  });
});

it('shows a page only to those whose reputation is bad', async () => {
  await house.rows('DELETE FROM flow.reputation');
  const next = async () => (await house.browser().solve('guarded', { uid_field: 'alice' })).body;
  expect(await next()).toMatchObject(password);
  await house.rows(`INSERT INTO flow.reputation VALUES ('alice', '198.51.100.1', -2, 'infinity')`);
  expect(await next()).toMatchObject({ component: 'ak-stage-dummy' });
});

it.each([{}, { password: null }, { password: '' }, { password: 'wrong' }])(
  'lowers the reputation of a known or unknown name by %j beside it',
  async (answer) => {
    await house.rows('DELETE FROM flow.reputation');
    for (const uid_field of ['alice', 'nobody']) {
      const browser = house.browser();
      await browser.solve('combined', {});
      const refused = await browser.solve('combined', { uid_field, ...answer });
      expect(refused.body).toMatchObject({
        response_errors: { non_field_errors: [{ string: 'Failed to authenticate.', code: 'invalid' }] },
      });
    }
    expect(await house.rows('SELECT identifier, score FROM flow.reputation ORDER BY identifier')).toEqual([
      { identifier: 'alice', score: -1 },
      { identifier: 'nobody', score: -1 },
    ]);
  },
);

it('says what an expression says', async () => {
  expect(await house.browser().show('cold')).toMatchObject({
    status: 200,
    body: { component: 'ak-stage-access-denied', error_message: 'It is too cold.' },
  });
});

it('refuses a blueprint whose expression is no Python, with its line and column', async () => {
  const bad = blueprint(expressionEntry('broken', 'if True:\n    return = 1'));
  await expect(house.apply(bad)).rejects.toThrow(/Expression Syntax Error: .*\(line 2, column \d+\)/);
}, 60_000);

it('opens no door once the service is killed, and the same ones as before when it is back', async () => {
  const [known, stranger] = [house.browser(), house.browser()];
  expect((await known.show('warm')).body).toMatchObject({ component: 'ak-stage-dummy' });
  await house.end('policy', 'SIGKILL');
  for (const slug of ['warm', 'cold']) {
    const answer = await stranger.show(slug);
    expect(answer).toMatchObject({ status: 503, body: { component: 'ak-stage-flow-error' }, setCookies: [] });
  }
  const half = house.browser();
  expect((await half.solve('apart', { uid_field: 'alice' })).status).toBe(503);
  await house.start('policy');
  expect((await half.show('apart')).body).toMatchObject(password);
  expect((await stranger.show('warm')).body).toMatchObject({ component: 'ak-stage-dummy' });
}, 60_000);
