import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { DuoServer, duoAccount } from '../../libs/stages/testing/duo-server.js';
import { SmsServer } from '../../libs/stages/testing/sms-server.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { linkingSite } from '../support/navigation.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const QUESTION = 'Another website sent you here. Continue only if you want to.';
const SET_UP = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const PUZZLE = {
  stage: 'captcha.captchastage',
  attrs: { public_key: 'none', private_key: 'a key that nobody has ever guessed', api_url: 'gatehouse:proof-of-work' },
};
const DUO = {
  stage: 'authenticator_duo.authenticatorduostage',
  attrs: {
    api_hostname: duoAccount.host,
    client_id: duoAccount.integrationKey,
    client_secret: duoAccount.secretKey,
  },
};
const validating = (device_class: string) => ({
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: [device_class] },
});

describeInChromium('the page of a flow that another site opened', () => {
  const chromium = useChromium();
  let sms: SmsServer;
  let duo: DuoServer;
  let deployment: Deployment;
  let other: Awaited<ReturnType<typeof linkingSite>>;
  beforeAll(async () => {
    [sms, duo] = await Promise.all([SmsServer.open(), DuoServer.open()]);
    const account = { account_sid: sms.url, auth: 'user', auth_password: 'pass' };
    const phone = {
      stage: 'authenticator_sms.authenticatorsmsstage',
      attrs: { provider: 'generic', from_number: '+1000', ...account },
    };
    const changing = [asking('new', ['password']), writing('never_create')];
    deployment = await Deployment.open({
      services: [...SERVICES, 'mfa', 'enrollment', 'captcha'],
      environment: { DUO_URL: duo.url, DUO_TIMEOUT_S: '1', SMS_HOSTS: '127.0.0.1' },
      blueprints: [
        blueprint(
          ...['alice', 'bob', 'carol', 'eve'].map((name) => userEntry(name)),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('entry', [IDENTIFICATION, PASSWORD, validating('sms'), LOGIN]),
          flowEntries('phone', [phone], SET_UP),
          flowEntries('pair', [DUO], SET_UP),
          fieldEntry('new', ['password', 'password']),
          flowEntries('by-sms', [validating('sms'), ...changing], SET_UP),
          flowEntries('by-duo', [validating('duo'), ...changing], SET_UP),
          flowEntries('careful', [PUZZLE, { stage: 'user_delete.userdeletestage' }], {
            ...{ ...SET_UP, designation: 'unenrollment' },
          }),
        ),
      ],
    });
    other = await linkingSite(
      ['careful', 'by-sms', 'by-duo', 'entry'].map((slug) => `${deployment.url}/if/flow/${slug}/`),
    );
  }, 120_000);
  afterAll(async () => {
    await other?.close();
    await deployment?.close();
    await Promise.all([sms?.close(), duo?.close()]);
  });
  beforeEach(() => deployment.rows(`UPDATE mfa.sends SET sent_at = sent_at - interval '1 minute'`));

  async function loggedIn(username: string): Promise<Browser> {
    const browser = deployment.browser();
    for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }])
      await browser.solve('login', answer);
    return browser;
  }
  async function withPhone(username: string, phone_number: string): Promise<Browser> {
    const owner = await loggedIn(username);
    await owner.show('phone');
    await owner.solve('phone', { phone_number });
    expect((await owner.solve('phone', { code: sms.code })).body['component']).toBe('xak-flow-redirect');
    await deployment.rows(`UPDATE mfa.sends SET sent_at = sent_at - interval '1 minute'`);
    return owner;
  }

  /** Follows the link of the other site in the session of `owner`. `posts` lists the URL of every POST of the page. */
  async function followLink(slug: string, owner: Browser | undefined): Promise<{ page: Page; posts: string[] }> {
    const { page } = await chromium.open();
    if (owner)
      await page.context().addCookies([
        { name: 'authentik_session', value: owner.cookie()!, url: deployment.url, httpOnly: true, sameSite: 'Lax' },
        { name: 'authentik_csrf', value: owner.cookie('authentik_csrf')!, url: deployment.url, sameSite: 'Lax' },
      ]);
    const posts: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
    await page.goto(other.url);
    await page.getByText(`/if/flow/${slug}/`).click();
    return { page, posts };
  }

  /** Resolves when the page has sent its automatic POST, or the network is idle. */
  const automaticPost = (page: Page) =>
    Promise.race([
      page.waitForRequest((request) => request.method() === 'POST').catch(() => undefined),
      page.waitForLoadState('networkidle'),
    ]);

  it('asks for confirmation before it deletes the account, although a captcha was solved automatically', async () => {
    const { page } = await followLink('careful', await loggedIn('eve'));
    const question = page.getByText(QUESTION).waitFor();
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    expect(await (await answered).json()).toMatchObject({ component: 'ak-stage-consent' });
    await question;
    expect(await deployment.rows(`SELECT FROM directory.users WHERE username = 'eve'`)).toHaveLength(1);

    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Username or email').waitFor();
    expect(await deployment.rows(`SELECT FROM directory.users WHERE username = 'eve'`)).toEqual([]);
  });

  it('sends no text message before the visitor clicks', async () => {
    const owner = await withPhone('alice', '+15550123401');
    const before = sms.sent.length;
    const { page, posts } = await followLink('by-sms', owner);
    await page.getByRole('button', { name: /Send( another)? code/ }).waitFor();
    await automaticPost(page);
    await page.reload();
    await automaticPost(page);
    expect([posts, sms.sent.length - before]).toEqual([[], 0]);

    await page.getByRole('button', { name: 'Send code' }).click();
    await page.getByText('We have sent a code to your phone.').waitFor();
    expect(sms.sent.length - before).toBe(1);
    await page.getByRole('textbox').fill(sms.code);
    await page.keyboard.press('Enter');
    await page.getByLabel('password', { exact: true }).waitFor();
  });

  it('sends the text message automatically once the visitor has answered a step', async () => {
    await withPhone('carol', '+15550123403');
    const before = sms.sent.length;
    const { page } = await followLink('entry', undefined);
    await page.getByLabel('Username or email').fill('carol');
    await page.keyboard.press('Enter');
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.getByText('We have sent a code to your phone.').waitFor();
    expect(sms.sent.length - before).toBe(1);
  });

  it('sends no Duo push before the visitor clicks', async () => {
    const owner = await loggedIn('bob');
    await owner.show('pair');
    [...duo.users.values()].find(({ username }) => username === 'bob')!.paired = true;
    expect((await owner.solve('pair', {})).body['component']).toBe('xak-flow-redirect');
    const { page, posts } = await followLink('by-duo', owner);
    await page.getByRole('button', { name: 'Send a message' }).waitFor();
    await automaticPost(page);
    await page.reload();
    await automaticPost(page);
    expect(posts).toEqual([]);

    const pushed = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Send a message' }).click();
    expect((await pushed).postDataJSON()).toMatchObject({ duo: expect.anything() });
  });
});
