import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { followLink } from '../support/mailed-links.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { recordedEvents } from '../support/recorded-events.js';

const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny' },
};
const OLD = 'correct-horse-7';
const NEW = { password: 'another-horse-8', password_repeat: 'another-horse-8' };

let deployment: Deployment;
let codes: string[];
beforeAll(async () => {
  deployment = await Deployment.open({
    pgbouncer: true,
    services: ['identification', 'password', 'session', 'enrollment', 'mfa'],
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob')],
        flowEntries('codes', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        ...[fieldEntry('new', ['password', 'password']), fieldEntry('new', ['password_repeat', 'password'])],
        flowEntries(
          'back',
          [
            ...[IDENTIFICATION, EMAIL, VALIDATE],
            ...[asking('new', ['password', 'password_repeat']), writing('never_create'), LOGIN],
          ],
          { designation: 'recovery' },
        ),
        flowEntries(
          'forgetful',
          [IDENTIFICATION, EMAIL, asking('new', ['password', 'password_repeat']), writing('never_create'), LOGIN],
          { designation: 'recovery' },
        ),
      ),
    ],
  });
  const browser = deployment.browser();
  const setup = await browser.solve('codes', { uid_field: 'alice' });
  codes = (setup.body as { codes: string[] }).codes;
  await browser.solve('codes', {});
}, 120_000);
afterAll(() => deployment?.close());

async function logIn(password: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password });
  return browser;
}
const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

/** Opens a recovery link and answers with a static code. Returns the browser at the form for the new password. */
async function recover(code: string | undefined): Promise<Browser> {
  const link = new URL(await deployment.user(['recovery-link', 'alice', '--flow', 'back']));
  const browser = deployment.browser();
  await followLink(browser, 'back', link.search.slice(1));
  expect((await browser.solve('back', { code })).body).toMatchObject({ component: 'ak-stage-prompt' });
  return browser;
}

describe('a visitor with a recovery link', () => {
  it('must prove a second factor of the user before any other step of the flow (accident 25)', async () => {
    const member = await logIn(OLD);
    const link = new URL(await deployment.user(['recovery-link', 'alice', '--flow', 'back']));
    const [browser, query] = [deployment.browser(), link.search.slice(1)];
    const validation = { component: 'ak-stage-authenticator-validate' };
    expect((await followLink(browser, 'back', query)).body).toMatchObject(validation);
    for (const body of [NEW, { ...NEW, component: 'ak-stage-prompt' }, { code: 'bogus' }])
      expect((await browser.solve('back', body)).body).toMatchObject(validation);
    expect(await statusOf(browser)).toBe(403);
    expect([await statusOf(member), await statusOf(await logIn(OLD))]).toEqual([200, 200]);
  });

  it('must prove a second factor before the password is replaced, even in a flow without a validation step (accident 25)', async () => {
    await deployment.rows('DELETE FROM flow.attempts');
    const recoverForgetful = async (username: string) => {
      const link = new URL(await deployment.user(['recovery-link', username, '--flow', 'forgetful']));
      const browser = deployment.browser();
      expect((await followLink(browser, 'forgetful', link.search.slice(1))).body['component']).toBe('ak-stage-prompt');
      return browser;
    };
    const alice = await recoverForgetful('alice');
    const validation = { component: 'ak-stage-authenticator-validate' };
    for (const body of [NEW, NEW, { code: 'bogus' }])
      expect((await alice.solve('forgetful', body)).body).toMatchObject(validation);
    expect([await statusOf(alice), await statusOf(await logIn(OLD))]).toEqual([403, 200]);

    await deployment.rows('DELETE FROM flow.attempts');
    expect((await alice.solve('forgetful', { code: codes[2] })).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect([await statusOf(alice), await statusOf(await logIn(OLD))]).toEqual([200, 403]);
    const restored = { password: OLD, password_repeat: OLD };
    await (await recover(codes[3])).solve('back', restored);

    const bob = await recoverForgetful('bob');
    expect((await bob.solve('forgetful', NEW)).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('can set a new password, which invalidates the old password and ends the sessions of the user', async () => {
    await deployment.rows('DELETE FROM flow.attempts');
    const member = await logIn(OLD);
    const before = await recordedEvents(deployment, 'link_used');
    const browser = await recover(codes[0]);
    expect((await recordedEvents(deployment, 'link_used')).slice(before.length)).toMatchObject([
      { data: { actor: { type: 'anonymous' }, user: { username: 'alice' }, flow: 'back', context: { proof: 'link' } } },
    ]);
    expect((await browser.solve('back', NEW)).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await statusOf(browser)).toBe(200);
    expect([await statusOf(member), await statusOf(await logIn(OLD))]).toEqual([403, 403]);
    expect(await statusOf(await logIn(NEW.password))).toBe(200);
  });

  it('can log in although wrong guesses have delayed the old password', async () => {
    await deployment.rows('DELETE FROM flow.attempts');
    await logIn('wrong');
    await deployment.rows(
      `UPDATE flow.attempts SET failures = 50, free_at = now() + interval '1 hour' WHERE credential = 'password'`,
    );
    expect(await statusOf(await logIn(NEW.password))).toBe(403);

    const browser = await recover(codes[1]);
    await browser.solve('back', { password: 'third-horse-9', password_repeat: 'third-horse-9' });
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await logIn('third-horse-9'))).toBe(200);
  });
});
