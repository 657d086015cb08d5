import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { violations } from '../support/access.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answerOf, answersOf } from './answers.js';
import { useExamples } from './examples.js';

const EXECUTOR = '**/api/v3/flows/executor/**';

/** Answers API requests with `replies` in order. Returns the step ids that the requests have named so far. */
async function replyWith(page: Page, ...replies: readonly { name?: string; step?: string; status?: number }[]) {
  const named: (string | undefined)[] = [];
  const script = [...replies];
  await page.route(EXECUTOR, (route) => {
    const { name = 'denied', step = '', status = 200 } = script.shift() ?? {};
    named.push(route.request().headers()['x-gatehouse-step']);
    return route.fulfill({ status, headers: step ? { 'x-gatehouse-step': step } : {}, json: EXAMPLES[name] });
  });
  return named;
}

describeInChromium('the ways to prove who one is', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('are a form first, then "or", and below it a button for passkeys and one for each source', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('identification-everything'));
    const texts = [
      'main form',
      '.or',
      'a[href="/if/flow/passkey/"]',
      'a[href="/source/oauth/login/social/"]',
      '.links',
    ];
    const tops = await Promise.all(texts.map(async (text) => (await page.locator(text).boundingBox())!.y));

    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(await page.locator('.or').count()).toBe(1);
    const passkey = page.getByRole('link', { name: 'Use a passkey or security key' });
    expect((await passkey.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  });

  it.each([
    ['above the QR code on a touch screen', { hasTouch: true, isMobile: true }, true],
    ['below the QR code elsewhere', {}, false],
  ])('lead to the app that is set up by a link %s', async (_, options, isFirst) => {
    const { page, complaints } = await chromium.open(options);
    await page.goto(examples.address('totp'));
    const picture = page.getByRole('img', { name: 'QR code for your authenticator app' });
    await picture.waitFor();
    await page.getByText('Cannot scan it?').click();
    const link = page.getByRole('link', { name: 'Open in app' });
    const [{ y: linkTop }, { y: pictureTop }] = [(await link.boundingBox())!, (await picture.boundingBox())!];

    expect(linkTop < pictureTop).toBe(isFirst);
    expect(await link.getAttribute('href')).toMatch(/^otpauth:/);
    expect(complaints).toEqual([]);
  });

  it('are in order, each with an icon, and say nothing of the devices before a proof', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-choice'));
    await page.getByRole('heading', { level: 1, name: 'Confirm that it is you' }).waitFor();
    expect(await page.locator('.device strong').allTextContents()).toEqual([
      ...['Passkey or security key', 'Authenticator app', 'Duo', 'Text message', 'Recovery code'],
    ]);
    expect(await page.locator('.device svg[aria-hidden=true]').count()).toBe(5);
    expect(await page.locator('.devices').textContent()).not.toContain('last used');
  });

  it('begin with the one that was used last, but send no message before a click', async () => {
    const { page, complaints } = await chromium.openShared();
    const answers = answersOf(page);
    await page.goto(examples.address('validate-last-used'));
    await page.getByRole('heading', { level: 1, name: 'Confirm by text message' }).waitFor();
    await page.getByRole('button', { name: 'Choose another way' }).click();
    expect(await page.locator('.device').allTextContents()).toEqual([
      expect.stringMatching(/^Text messagelast used .* ago$/),
      expect.stringMatching(/^Passkey or security keyiCloud Keychain · last used .* ago$/),
      "Authenticator appAlice's phone, Work phone",
      'Recovery codeUse one of the codes that you have kept.',
    ]);
    expect(await violations(page)).toEqual([]);
    await page.reload();
    expect(answers).toEqual([]);
    const answer = answerOf(page);
    await page.getByRole('button', { name: 'Send code' }).click();

    const selected_challenge = { device_class: 'sms', device_uid: '3', challenge: {} };
    expect(await answer).toEqual({ component: 'ak-stage-authenticator-validate', selected_challenge });
    expect(complaints).toEqual([]);
  });

  it('mail a code for an address that is the only device, and say where it is', async () => {
    const { page, complaints } = await chromium.openShared();
    const answer = answerOf(page);
    await page.goto(examples.address('validate-email'));
    const challenge = { email: 'a****@e******.org' };
    expect(await answer).toEqual({
      component: 'ak-stage-authenticator-validate',
      selected_challenge: { device_class: 'email', device_uid: '3', challenge },
    });
    await page.getByText('We have sent a code to a****@e******.org.').waitFor();
    expect(complaints).toEqual([]);

    // Then a wrong code does not count for other kinds of devices.
    const code = answerOf(page);
    await page.getByLabel('Code').fill('123456');
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await code).toEqual({ ...(await answer), code: '123456' });
  });

  it.each([true, false])(
    'set up an address: a code is sent again on request, with scripts: %s',
    async (javaScriptEnabled) => {
      const { page } = await chromium.openShared({ javaScriptEnabled });
      await page.goto(examples.address('email-authenticator-code'));
      await page.getByText('We have sent a code to a****@e******.org.').waitFor();
      const sent = page.waitForRequest((request) => request.method() === 'POST');
      await page.getByRole('button', { name: 'Send another code' }).click();

      expect(decodeURIComponent((await sent).postData() ?? '')).toContain('a****@e******.org');
      expect(decodeURIComponent((await sent).postData() ?? '')).not.toContain('code=');
    },
  );

  it('take a code of an app, or a recovery code, without a script', async () => {
    const { page } = await chromium.openShared({ javaScriptEnabled: false });
    await page.goto(examples.address('validate-choice'));
    await page.getByLabel('Code of your app, or a recovery code').fill('123456');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Continue' }).click();

    expect(new URLSearchParams((await sent).postData() ?? '').get('code')).toBe('123456');
    expect(await page.locator('.devices').isVisible()).toBe(false);
  });

  it.each(['validate-sms', 'validate-email'])('say that a code needs JavaScript to be sent: %s', async (name) => {
    const { page } = await chromium.openShared({ javaScriptEnabled: false });
    await page.goto(examples.address(name));

    expect(await page.locator('main').innerText()).toContain('This step needs JavaScript.');
  });

  it('that can be set up have names that visitors know', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-set-up'));
    expect(await page.locator('.device').allTextContents()).toEqual(['Recovery codes', 'Phone appAuthenticator app']);
  });

  it('end the question for a passkey with its step: it can be asked again, and answers no other step', async () => {
    const { page } = await chromium.open();
    const answers = answersOf(page);
    // Like a browser, shows one passkey prompt at a time, until the page aborts it.
    await page.addInitScript(() => {
      const pending = new Set<object>();
      const get = ({ signal }: CredentialRequestOptions) =>
        new Promise((resolve, reject) => {
          if (pending.size > 0) return reject(new Error('A request is already pending.'));
          pending.add(resolve);
          document.documentElement.dataset['asked'] = `${Number(document.documentElement.dataset['asked'] ?? 0) + 1}`;
          return signal?.addEventListener('abort', () => {
            pending.delete(resolve);
            reject(signal.reason);
          });
        });
      Object.assign(navigator.credentials, { get });
    });
    await page.goto(examples.address('validate-choice'));
    await page.getByRole('button', { name: 'Passkey or security key' }).click();
    await page.locator('html[data-asked="1"]').waitFor();
    await page.getByRole('button', { name: 'Choose another way' }).click();
    await page.getByRole('button', { name: 'Passkey or security key' }).click();

    await page.locator('html[data-asked="2"]').waitFor();
    expect(await page.getByText('That did not work. Please try again.').count()).toBe(0);
    expect(answers).toEqual([]);
  });

  it('keep the chosen Duo while its push is not answered, and go on waiting', async () => {
    const { page } = await chromium.openShared();
    const answers = answersOf(page);
    await page.goto(examples.address('validate-choice'));
    await replyWith(page, { name: 'validate-choice' }, { name: 'validate-choice' });
    await page.getByRole('button', { name: 'Duo' }).click();
    await page.getByRole('heading', { name: 'Permission denied' }).waitFor();

    const duo = { component: 'ak-stage-authenticator-validate', duo: '3' };
    expect(answers).toEqual([duo, duo, duo]);
  });

  it('keep the code that the visitor types while a push to another device ends', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-choice'));
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    await page.route(EXECUTOR, async (route) => {
      await ended;
      return route.fulfill({ json: EXAMPLES['validate-choice'] });
    });
    await page.getByRole('button', { name: 'Duo' }).click();
    await page.getByRole('button', { name: 'Choose another way' }).click();
    await page.getByRole('button', { name: 'Authenticator app' }).click();
    await page.getByLabel('Code').fill('123');
    end();
    await page.locator('main[aria-busy]').waitFor({ state: 'detached' });

    expect(await page.getByLabel('Code').inputValue()).toBe('123');
  });

  it('keep the typed code when its answer was interrupted after another code was requested', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-sms'));
    await page.getByText('We have sent a code to your phone.').waitFor();
    const answers = answersOf(page);
    const named = await replyWith(
      page,
      { name: 'validate-sms', step: 'run.sent' },
      { status: 503 },
      { name: 'validate-sms', step: 'run.sent' },
    );
    await page.getByRole('button', { name: 'Send another code' }).click();
    await page.getByText('We have sent a code to your phone.').waitFor();
    await page.getByLabel('Code').fill('012345');
    await page.keyboard.press('Enter');
    await page.getByText('The connection was interrupted. Please go on with this step.').waitFor();

    expect(await page.getByLabel('Code').inputValue()).toBe('012345');
    expect(named).toEqual([undefined, 'run.sent', undefined]);
    expect(answers).toHaveLength(2);
  });

  it.each([
    ['the flow has begun again', { name: 'identification' }, 'Log in'],
    ['the stage has failed', { name: 'error' }, 'Something went wrong'],
  ])('show the step that has replaced theirs when a code is requested: %s', async (_what, reply, heading) => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-sms'));
    await page.getByText('We have sent a code to your phone.').waitFor();
    await replyWith(page, reply);
    await page.getByRole('button', { name: 'Send another code' }).click();

    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    expect(await page.getByText('We have sent a code to your phone.').count()).toBe(0);
  });

  it('say that no code was sent when the request for it got no reply, and then answer the step that it has reached', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-sms'));
    await page.getByText('We have sent a code to your phone.').waitFor();
    const named = await replyWith(page, { status: 503 }, { name: 'validate-sms', step: 'run.sent' });
    await page.getByRole('button', { name: 'Send another code' }).click();
    await page.getByText('That did not work. Please try again.').waitFor();
    await page.getByLabel('Code').fill('012345');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Permission denied' }).waitFor();

    expect(named).toEqual([undefined, undefined, 'run.sent']);
  });
});
