import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { readMail } from '../support/read-mail.js';

/** Folders of authentik's own default and example blueprints, if `BLUEPRINT_CORPUS` names them. */
const corpus = (process.env['BLUEPRINT_CORPUS'] ?? '').split(':').filter(Boolean);
const folderOf = (file: string) => corpus.find((folder) => existsSync(join(folder, file)));
const defaults = folderOf('flow-default-authentication-flow.yaml');
const examples = folderOf('flows-enrollment-2-stage.yaml');

const DONE = { component: 'xak-flow-redirect', to: '/' };
const WAITING = { component: 'ak-stage-email' };
const LOGIN = 'default-authentication-flow';
const ENROLMENT = 'default-enrollment-flow';
const PAIR = (password: string) => ({ password, password_repeat: password });

describe.skipIf(!defaults || !examples)('the unmodified flows of authentik’s blueprints', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [blueprint(userEntry('akadmin', { password: undefined }))],
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'policy', 'courier'],
      environment: mailbox.settings,
    });
    await deployment.applyFiles(defaults!, example('flows-enrollment-2-stage'));
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  const example = (name: string) => join(examples!, `${name}.yaml`);
  const me = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).body['user'];

  /** Fills in both forms of the enrolment and returns the next challenge. */
  async function enrol(username: string) {
    const browser = deployment.browser();
    const first = await browser.show(ENROLMENT);
    expect(first.body).toMatchObject({ component: 'ak-stage-prompt', fields: [{ type: 'username' }, {}, {}] });
    await browser.solve(ENROLMENT, { username, ...PAIR('first-pass-1') });
    const { body } = await browser.solve(ENROLMENT, { name: username, email: `${username}@example.org` });
    return { browser, body };
  }

  async function login(username: string, password: string): Promise<Browser> {
    const browser = deployment.browser();
    expect((await browser.show(LOGIN)).body).toMatchObject({ component: 'ak-stage-identification' });
    await browser.solve(LOGIN, { uid_field: username });
    await browser.solve(LOGIN, { password });
    return browser;
  }

  it('let the first administrator set a password once and log in with it', async () => {
    const browser = deployment.browser();
    expect((await browser.show('initial-setup')).body).toMatchObject({ component: 'ak-stage-prompt' });
    const form = { email: 'akadmin@example.org', ...PAIR('first-pass-1') };
    expect((await browser.solve('initial-setup', form)).body).toMatchObject(DONE);
    expect(await me(await login('akadmin', 'first-pass-1'))).toMatchObject({ email: 'akadmin@example.org' });
    expect((await deployment.browser().show('initial-setup')).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
  });

  it('enrol a user, log the user in, and let the user log in again', async () => {
    const { browser, body } = await enrol('ada');
    expect(body).toMatchObject(DONE);
    expect(await me(browser)).toMatchObject({ username: 'ada', name: 'ada', email: 'ada@example.org' });
    expect(await me(await login('ada', 'first-pass-1'))).toMatchObject({ username: 'ada' });
  });

  it('let users change their own details, and refuse usernames and addresses of other users', async () => {
    const { browser } = await enrol('bea');
    const settings = 'default-user-settings-flow';
    const shown = { component: 'ak-stage-prompt', fields: [{ initial_value: 'bea' }, {}, {}, {}] };
    expect((await browser.show(settings)).body).toMatchObject(shown);
    const mine = { username: 'bea', name: 'Bea', email: 'bea@example.org', 'attributes.settings.locale': 'de' };
    for (const change of [{ username: 'root' }, { email: 'root@example.org' }]) {
      const { body } = await browser.solve(settings, { ...mine, ...change });
      expect(body).toMatchObject({ response_errors: { non_field_errors: [{ code: 'invalid' }] } });
    }
    expect((await browser.solve(settings, mine)).body).toMatchObject(DONE);
    expect(await me(browser)).toMatchObject({ username: 'bea', name: 'Bea', settings: { locale: 'de' } });
  });

  it('let users change their password through the configure link of the password stage', async () => {
    const { browser } = await enrol('cleo');
    const [{ id }] = (await deployment.rows<{ id: string }>(
      `SELECT id FROM flow.objects WHERE identifiers->>'name' = 'default-authentication-password'`,
    )) as [{ id: string }];
    const way = await browser.fetch(`/flows/-/configure/${id}/`);
    expect(way.headers.get('location')).toBe('/if/flow/default-password-change/');
    expect((await browser.solve('default-password-change', PAIR('second-pass-2'))).body).toMatchObject(DONE);
    expect(await me(browser)).toMatchObject({ username: 'cleo' });
    expect(await me(await login('cleo', 'first-pass-1'))).toBeUndefined();
    expect(await me(await login('cleo', 'second-pass-2'))).toMatchObject({ username: 'cleo' });
  });

  it('ask for a second factor at the next login after it was set up', async () => {
    const { browser } = await enrol('dido');
    const { body } = await browser.show('default-authenticator-static-setup');
    const { codes } = body as { codes?: string[] };
    expect((await browser.solve('default-authenticator-static-setup', {})).body).toMatchObject(DONE);
    const another = await login('dido', 'first-pass-1');
    expect(await me(another)).toBeUndefined();
    expect((await another.solve(LOGIN, { code: codes?.[0] })).body).toMatchObject(DONE);
    expect(await me(another)).toMatchObject({ username: 'dido' });
  });

  it('log a user out', async () => {
    const { browser } = await enrol('dora');
    expect((await browser.show('default-invalidation-flow')).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await me(browser)).toBeUndefined();
  });

  it('let users delete their account', async () => {
    await deployment.applyFiles(example('flows-unenrollment'));
    const { browser } = await enrol('elsa');
    expect((await browser.show('default-unenrollment-flow')).body).toMatchObject(DONE);
    expect(await me(browser)).toBeUndefined();
    expect(await me(await login('elsa', 'first-pass-1'))).toBeUndefined();
  });

  describe('of recovery', () => {
    const RECOVERY = 'default-recovery-flow';
    beforeAll(() => deployment.applyFiles(example('flows-recovery-email-verification')));

    /** Enrols a user and starts recovery. Returns the browser and the content of the mail. */
    async function startRecovery(username: string) {
      await enrol(username);
      const browser = deployment.browser();
      expect((await browser.show(RECOVERY)).body).toMatchObject({ component: 'ak-stage-identification' });
      expect((await browser.solve(RECOVERY, { uid_field: username })).body).toMatchObject(WAITING);
      return { browser, ...readMail(await mailbox.mailTo(`${username}@example.org`)) };
    }

    it('let the user set a password after the mailed link, in another browser', async () => {
      const { query } = await startRecovery('fay');
      const phone = deployment.browser();
      expect((await phone.show(RECOVERY, query)).body).toMatchObject(LINK_QUESTION);
      expect((await followLink(phone, RECOVERY, query)).body).toMatchObject({ component: 'ak-stage-prompt' });
      expect((await phone.solve(RECOVERY, PAIR('second-pass-2'), query)).body).toMatchObject(DONE);
      expect(await me(phone)).toMatchObject({ username: 'fay' });
      expect(await me(await login('fay', 'first-pass-1'))).toBeUndefined();
      expect(await me(await login('fay', 'second-pass-2'))).toMatchObject({ username: 'fay' });
    });

    it('let the user set a password after the mailed code, in the same browser', async () => {
      const { browser, code } = await startRecovery('gil');
      expect((await browser.solve(RECOVERY, { code })).body).toMatchObject({ component: 'ak-stage-prompt' });
      expect((await browser.solve(RECOVERY, PAIR('second-pass-2'))).body).toMatchObject(DONE);
      expect(await me(await login('gil', 'second-pass-2'))).toMatchObject({ username: 'gil' });
    });
  });

  describe('of an enrolment with verification', () => {
    beforeAll(() => deployment.applyFiles(example('flows-enrollment-email-verification')));

    /** Enrols a user as far as the verification mail. Returns the browser and the content of the mail. */
    async function startEnrolment(username: string) {
      const { browser, body } = await enrol(username);
      expect(body).toMatchObject(WAITING);
      expect(await me(await login(username, 'first-pass-1'))).toBeUndefined();
      return { browser, ...readMail(await mailbox.mailTo(`${username}@example.org`)) };
    }

    it('activate an account by the mailed link once, in another browser', async () => {
      const { query } = await startEnrolment('hope');
      const [phone, other] = [deployment.browser(), deployment.browser()];
      expect((await phone.show(ENROLMENT, query)).body).toMatchObject(LINK_QUESTION);
      expect((await followLink(phone, ENROLMENT, query)).body).toMatchObject(DONE);
      expect(await me(phone)).toMatchObject({ username: 'hope' });
      expect(await me(await login('hope', 'first-pass-1'))).toMatchObject({ username: 'hope' });
      expect((await other.show(ENROLMENT, query)).body).toMatchObject({ component: 'ak-stage-prompt' });
    });

    it('activate an account by the mailed code, in the same browser', async () => {
      const { browser, code } = await startEnrolment('iris');
      expect((await browser.solve(ENROLMENT, { code })).body).toMatchObject(DONE);
      expect(await me(browser)).toMatchObject({ username: 'iris' });
      expect(await me(await login('iris', 'first-pass-1'))).toMatchObject({ username: 'iris' });
    });
  });
});
