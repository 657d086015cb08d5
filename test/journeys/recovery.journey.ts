import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny' },
};
const OLD = 'correct-horse-7';
const NEW = { password: 'another-horse-8', password_repeat: 'another-horse-8' };

let house: Deployment;
let codes: string[];
beforeAll(async () => {
  house = await Deployment.open({
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
  const browser = house.browser();
  const shown = await browser.solve('codes', { uid_field: 'alice' });
  codes = (shown.body as { codes: string[] }).codes;
  await browser.solve('codes', {});
}, 120_000);
afterAll(() => house?.close());

async function loggedIn(password: string): Promise<Browser> {
  const browser = house.browser();
  await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password });
  return browser;
}
const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;

/** A way back for whoever has a code; their browser, before the form for a new password. */
async function wayBack(code: string | undefined): Promise<Browser> {
  const link = new URL(await house.user(['recovery-link', 'alice', '--flow', 'back']));
  const browser = house.browser();
  await browser.solve('back', {}, link.search.slice(1));
  expect((await browser.solve('back', { code })).body).toMatchObject({ component: 'ak-stage-prompt' });
  return browser;
}

describe('whoever reads the mails of somebody', () => {
  it('is asked for a second factor where there is one, before anything of the account is theirs (accident 25)', async () => {
    const member = await loggedIn(OLD);
    const link = new URL(await house.user(['recovery-link', 'alice', '--flow', 'back']));
    const [browser, query] = [house.browser(), link.search.slice(1)];
    const factor = { component: 'ak-stage-authenticator-validate' };
    expect((await browser.solve('back', {}, query)).body).toMatchObject(factor);
    for (const body of [NEW, { ...NEW, component: 'ak-stage-prompt' }, { code: 'bogus' }])
      expect((await browser.solve('back', body)).body).toMatchObject(factor);
    expect(await statusOf(browser)).toBe(403);
    expect([await statusOf(member), await statusOf(await loggedIn(OLD))]).toEqual([200, 200]);
  });

  it('is asked for it before the password is replaced, in a flow that has no step for that (accident 25)', async () => {
    await house.rows('DELETE FROM flow.attempts');
    const follow = async (username: string) => {
      const link = new URL(await house.user(['recovery-link', username, '--flow', 'forgetful']));
      const browser = house.browser();
      expect((await browser.solve('forgetful', {}, link.search.slice(1))).body['component']).toBe('ak-stage-prompt');
      return browser;
    };
    const alice = await follow('alice');
    const factor = { component: 'ak-stage-authenticator-validate' };
    for (const body of [NEW, NEW, { code: 'bogus' }])
      expect((await alice.solve('forgetful', body)).body).toMatchObject(factor);
    expect([await statusOf(alice), await statusOf(await loggedIn(OLD))]).toEqual([403, 200]);

    await house.rows('DELETE FROM flow.attempts');
    expect((await alice.solve('forgetful', { code: codes[2] })).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect([await statusOf(alice), await statusOf(await loggedIn(OLD))]).toEqual([200, 403]);
    const back = { password: OLD, password_repeat: OLD };
    await (await wayBack(codes[3])).solve('back', back);

    const bob = await follow('bob');
    expect((await bob.solve('forgetful', NEW)).body).toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('sets a password with it: the old one and its sessions are over', async () => {
    await house.rows('DELETE FROM flow.attempts');
    const member = await loggedIn(OLD);
    const browser = await wayBack(codes[0]);
    expect((await browser.solve('back', NEW)).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await statusOf(browser)).toBe(200);
    expect([await statusOf(member), await statusOf(await loggedIn(OLD))]).toEqual([403, 403]);
    expect(await statusOf(await loggedIn(NEW.password))).toBe(200);
  });

  it('is not kept out by what others guessed of the old password', async () => {
    await house.rows('DELETE FROM flow.attempts');
    await loggedIn('wrong');
    await house.rows(`UPDATE flow.attempts SET failures = 50, free_at = now() WHERE credential = 'password'`);
    expect(await statusOf(await loggedIn(NEW.password))).toBe(403);

    const browser = await wayBack(codes[1]);
    await browser.solve('back', { password: 'third-horse-9', password_repeat: 'third-horse-9' });
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(await loggedIn('third-horse-9'))).toBe(200);
  });
});
