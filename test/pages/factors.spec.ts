import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { violations } from '../support/access.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answerOf, answersOf } from './answers.js';
import { useExamples } from './examples.js';

const EXECUTOR = '**/api/v3/flows/executor/**';

/** Answers API requests with `replies` in order. Returns an array that collects their step ids. */
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

describeInChromium('the ways to authenticate', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('are shown in this order: the form, "or", a button for passkeys, a button for each source', async () => {
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
  ])('have a link that opens the authenticator app %s', async (_, options, isFirst) => {
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

  it('have a fixed order and icons, and reveal nothing about the devices before a proof', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-choice'));
    await page.getByRole('heading', { level: 1, name: 'Confirm that it is you' }).waitFor();
    expect(await page.locator('.device strong').allTextContents()).toEqual([
      ...['Passkey or security key', 'Authenticator app', 'Duo', 'Text message', 'Recovery code'],
    ]);
    expect(await page.locator('.device svg[aria-hidden=true]').count()).toBe(5);
    expect(await page.locator('.devices').textContent()).not.toContain('last used');
  });

  it('begin with the device that was used last, but send no text message before a click', async () => {
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

  it('mail a code at once if an email address is the only device, and show the masked address', async () => {
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

    // The answer names the device, so that a wrong code does not count for other kinds of devices.
    const code = answerOf(page);
    await page.getByLabel('Code').fill('123456');
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await code).toEqual({ ...(await answer), code: '123456' });
  });

  it.each([true, false])(
    'send another code on request while an email address is set up, with JavaScript: %s',
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

  it('accept a code of an app, or a recovery code, without JavaScript', async () => {
    const { page } = await chromium.openShared({ javaScriptEnabled: false });
    await page.goto(examples.address('validate-choice'));
    await page.getByLabel('Code of your app, or a recovery code').fill('123456');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Continue' }).click();

    expect(new URLSearchParams((await sent).postData() ?? '').get('code')).toBe('123456');
    expect(await page.locator('.devices').isVisible()).toBe(false);
  });

  it.each(['validate-sms', 'validate-email'])('say that sending a code needs JavaScript: %s', async (name) => {
    const { page } = await chromium.openShared({ javaScriptEnabled: false });
    await page.goto(examples.address(name));

    expect(await page.locator('main').innerText()).toContain('This step needs JavaScript.');
  });

  it('that can be set up are shown with readable names', async () => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-set-up'));
    expect(await page.locator('.device').allTextContents()).toEqual(['Recovery codes', 'Phone appAuthenticator app']);
  });

  it('abort a passkey prompt when another way is chosen, so that the prompt can be opened again, and send no answer', async () => {
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

  it('keep Duo selected while its push is not answered, and repeat the request', async () => {
    const { page } = await chromium.openShared();
    const answers = answersOf(page);
    await page.goto(examples.address('validate-choice'));
    await replyWith(page, { name: 'validate-choice' }, { name: 'validate-choice' });
    await page.getByRole('button', { name: 'Duo' }).click();
    await page.getByRole('heading', { name: 'Permission denied' }).waitFor();

    const duo = { component: 'ak-stage-authenticator-validate', duo: '3' };
    expect(answers).toEqual([duo, duo, duo]);
  });

  it('keep the code that is typed while a push to another device ends', async () => {
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

  it('keep the typed code if its answer is interrupted after a request for another code', async () => {
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
  ])('are replaced by the new step if the request for another code returns one: %s', async (_what, reply, heading) => {
    const { page } = await chromium.openShared();
    await page.goto(examples.address('validate-sms'));
    await page.getByText('We have sent a code to your phone.').waitFor();
    await replyWith(page, reply);
    await page.getByRole('button', { name: 'Send another code' }).click();

    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    expect(await page.getByText('We have sent a code to your phone.').count()).toBe(0);
  });

  it('say that no code was sent after a failed request for it, and answer with the new step id', async () => {
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
