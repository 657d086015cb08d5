import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import type { Environment } from '../support/processes.js';
import { readMail } from '../support/read-mail.js';

const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny' },
};
const CAPTCHA = {
  stage: 'captcha.captchastage',
  attrs: { public_key: 'none', private_key: 'k'.repeat(40), api_url: 'gatehouse:proof-of-work' },
};
const DONE = { component: 'xak-flow-redirect' };
const SECRET_KEY = 's'.repeat(32);
const newKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

describeWithNats('a rotation of the seal keys', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  let codes: string[];
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          userEntry('alice'),
          flowEntries('enrol', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
          flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
          flowEntries('guarded', [CAPTCHA, IDENTIFICATION, LOGIN]),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment', 'captcha', 'courier'],
      environment: mailbox.settings,
      gateway: { SECRET_KEY },
    });
    await deployment.start('mfa');
    const browser = deployment.browser();
    const setup = await browser.solve('enrol', { uid_field: 'alice' });
    codes = (setup.body as { codes: string[] }).codes;
    await browser.solve('enrol', {});
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  /** Starts a login and answers its first step. */
  async function identified(): Promise<Browser> {
    const browser = deployment.browser();
    expect((await browser.solve('login', { uid_field: 'alice' })).body).toMatchObject({
      component: 'ak-stage-password',
    });
    return browser;
  }
  /** Continues a login after its first step. */
  async function finish(browser: Browser, code: string | undefined): Promise<void> {
    await browser.solve('login', { password: 'correct-horse-7' });
    expect((await browser.solve('login', { code })).body).toMatchObject(DONE);
    expect(await usernameOf(browser)).toBe('alice');
  }
  const parked = () => deployment.rows('SELECT FROM flow.outbox WHERE parked_at IS NOT NULL');

  it('loses no login, mail, device or stage secret, and makes the old keys unnecessary', async () => {
    const before = deployment.sealing;
    const next = { SEAL_KEYS: newKey('next'), MFA_SEAL_KEYS: newKey('next') };
    const both = (first: Environment, second: Environment): Environment => ({
      SEAL_KEYS: `${first['SEAL_KEYS']},${second['SEAL_KEYS']}`,
      MFA_SEAL_KEYS: `${first['MFA_SEAL_KEYS']},${second['MFA_SEAL_KEYS']}`,
    });
    const early = [await identified(), await identified()];
    const loggedIn = await identified();
    await finish(loggedIn, codes[0]);
    await deployment.stop('courier');
    await deployment.browser().solve('back', { uid_field: 'alice' });

    await deployment.rollOut(both(before, next), ['gateway', 'mfa']);
    await deployment.start('courier');
    const { query } = readMail(await mailbox.mailTo('alice@example.org'));
    await deployment.stop('courier');
    await deployment.browser().solve('back', { uid_field: 'alice' });
    await deployment.rollOut(both(next, before), ['gateway', 'mfa']);
    await deployment.start('courier');
    const late = await identified();
    await finish(early[0]!, codes[1]);
    await deployment.stop('courier');
    await deployment.browser().solve('back', { uid_field: 'alice' });

    expect(await deployment.command('keys', 'reseal')).toMatch(/test can be removed from MFA_SEAL_KEYS/);
    await deployment.rollOut(next, ['gateway', 'mfa']);
    await deployment.start('courier');
    await mailbox.mailTo('alice@example.org', 3);
    expect(await parked()).toEqual([]);
    await finish(early[1]!, codes[2]);
    await finish(late, codes[3]);
    expect(await usernameOf(loggedIn)).toBe('alice');
    expect((await deployment.browser().show('guarded')).body).toMatchObject({ component: 'ak-stage-captcha' });
    const phone = deployment.browser();
    expect((await followLink(phone, 'back', query)).body).toMatchObject(DONE);
    expect(await deployment.command('keys', 'reseal')).toMatch(/flow.plans.body: 0 resealed/);
  }, 120_000);

  it('makes a gateway without the key of a plan return 503 with Retry-After, and keeps the plan', async () => {
    const browser = await identified();
    const lost = await deployment.openAnotherGateway({ SEAL_KEYS: newKey('lost') });
    const url = `${lost}/api/v3/flows/executor/login/?query=`;
    const refused = await fetch(url, { headers: { cookie: `authentik_session=${browser.cookie()}` } });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    await finish(browser, codes[4]);
  });

  it('with a new SECRET_KEY keeps counted attempts, if PSEUDONYM_KEY has the old value', async () => {
    const subjects = () => deployment.rows('SELECT DISTINCT subject FROM flow.attempts WHERE failures > 0 ORDER BY 1');
    const seenAt = async (base: string) => {
      const browser = new Browser(base);
      await browser.solve('login', { uid_field: 'alice' });
      await browser.solve('login', { password: 'wrong' });
      return subjects();
    };
    const old = await seenAt(deployment.url);
    expect(old).not.toEqual([]);
    const other = { SECRET_KEY: 't'.repeat(32) };
    expect(await seenAt(await deployment.openAnotherGateway({ ...other, PSEUDONYM_KEY: SECRET_KEY }))).toEqual(old);
    expect(await seenAt(await deployment.openAnotherGateway(other))).not.toEqual(old);
  });
});
