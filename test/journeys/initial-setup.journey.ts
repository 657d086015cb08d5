import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const NAME_ADMIN = `context["flow_plan"].context["pending_user"] = ak_user_by(username="chief")\nreturn True`;
const HAS_NO_PASSWORD = 'return not ak_user_by(username="chief").has_usable_password()';
const RIGHT = 'correct-horse-7';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment', 'policy'],
    blueprints: [
      blueprint(
        expressionEntry('name the administrator', NAME_ADMIN),
        expressionEntry('no password yet', HAS_NO_PASSWORD),
        fieldEntry('first', ['password', 'password']),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        ...['setup', 'unguarded'].map((slug) => [
          ...flowEntries(slug, [asking('first', ['password']), writing('never_create'), LOGIN], {
            designation: 'stage_configuration',
          }),
          boundEntry(`${slug}-1 bound`, 'name the administrator'),
        ]),
        boundEntry('setup', 'no password yet'),
      ),
    ],
  });
}, 120_000);
afterAll(() => deployment?.close());

beforeEach(async () => {
  await deployment.rows(`DELETE FROM directory.users WHERE username = 'chief'`);
  await deployment.rows('DELETE FROM flow.attempts');
  await deployment.apply(blueprint(userEntry('chief', { password: undefined }), administratorsEntry('chief')));
});

const runSetup = async (slug: string, password: string) =>
  (await deployment.browser().solve(slug, { password })).body['component'];

async function canLogIn(password: string): Promise<boolean> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: 'chief' });
  await browser.solve('login', { password });
  return (await browser.fetch('/api/v3/core/users/me/')).status === 200;
}

const SLUGS = ['setup', 'unguarded'] as const;
const administrators = () => deployment.rows(`SELECT FROM directory.users WHERE username = 'chief'`);

describe('a flow in which an anonymous visitor sets the password of the first administrator', () => {
  it('sets the password only once, even if no policy of the flow checks that (accident 7)', async () => {
    for (const slug of SLUGS) {
      await runSetup(slug, RIGHT);
      expect([slug, await canLogIn(RIGHT)]).toEqual([slug, true]);
      for (const again of SLUGS) await runSetup(again, 'stolen-horse-8');
      expect([slug, await canLogIn('stolen-horse-8')]).toEqual([slug, false]);
      await deployment.rows(`UPDATE directory.users SET password_hash = '', last_login = NULL`);
    }
  });

  it('does not change an administrator who has logged in before and has no password any more (accident 7)', async () => {
    await deployment.rows(`UPDATE directory.users SET last_login = now() WHERE username = 'chief'`);
    for (const slug of SLUGS) await runSetup(slug, 'stolen-horse-8');
    expect(await canLogIn('stolen-horse-8')).toBe(false);
  });

  it('does not change an administrator if another one has a password (accident 7)', async () => {
    await deployment.apply(
      blueprint(
        userEntry('deputy'),
        userEntry('chief', { password: undefined }),
        administratorsEntry('chief', 'deputy'),
      ),
    );
    for (const slug of SLUGS) await runSetup(slug, 'stolen-horse-8');
    expect(await canLogIn('stolen-horse-8')).toBe(false);
    await deployment.rows(`DELETE FROM directory.users WHERE username = 'deputy'`);
  });

  it('stays closed after the administrator was deleted, and creates no user (accident 7)', async () => {
    await deployment.rows(`DELETE FROM directory.users WHERE username = 'chief'`);
    expect((await deployment.browser().show('setup')).body['component']).toBe('ak-stage-access-denied');
    await runSetup('setup', 'stolen-horse-8');
    await runSetup('unguarded', 'stolen-horse-8');
    expect(await administrators()).toEqual([]);
  });

  it('refuses a run that began before the administrator had a password (accident 7)', async () => {
    const early = deployment.browser();
    await early.show('setup');
    await runSetup('setup', RIGHT);
    await early.solve('setup', { password: 'stolen-horse-8' });
    expect([await canLogIn('stolen-horse-8'), await canLogIn(RIGHT)]).toEqual([false, true]);
  });
});
