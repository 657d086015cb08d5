import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answerOf, answersOf } from './answers.js';
import { useExamples } from './examples.js';

describeInChromium('a page', () => {
  const chromium = useChromium();
  const examples = useExamples();

  /** Opens an example in the page that the tests share, or in a page of its own if there are options. */
  async function opened(name: string, options?: Parameters<typeof chromium.open>[0]) {
    const { page, complaints } = await (options ? chromium.open(options) : chromium.openShared());
    const answers = answersOf(page);
    await page.goto(examples.address(name));
    return { page, complaints, answers };
  }

  it('shows the password on request, and warns about caps lock', async () => {
    const { page } = await opened('password');
    const field = page.locator('#password');
    await field.fill('secret');
    await page.getByRole('button', { name: 'Show password' }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Show password', pressed: true }).click();
    expect(await field.getAttribute('type')).toBe('password');
    expect(await page.getByText('Caps lock is on.').count()).toBe(0);
    await field.evaluate((input) =>
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', modifierCapsLock: true })),
    );

    await page.getByText('Caps lock is on.').waitFor();
  });

  it('has no button to show the password if the flow forbids it', async () => {
    const { page } = await opened('password-refused');

    expect(await page.getByRole('button').count()).toBe(1);
  });

  it('has autocomplete values for the username, the password and one-time codes', async () => {
    const { page } = await opened('password');
    expect(await page.locator('[autocomplete=username]').inputValue()).toBe('alice@example.org');
    expect(await page.locator('#password').getAttribute('autocomplete')).toBe('current-password');
    await page.goto(examples.address('identification'));
    expect(await page.locator('#uid_field').getAttribute('autocomplete')).toBe('username webauthn');
    await page.goto(examples.address('validate-totp'));
    expect(await page.locator('#code').getAttribute('autocomplete')).toBe('one-time-code');
    await page.goto(examples.address('prompt-everything'));
    expect(await page.locator('#password').getAttribute('autocomplete')).toBe('new-password');
  });

  it('sends empty fields too, and files as data URLs', async () => {
    const { page } = await opened('prompt-everything');
    await page.getByLabel('Name', { exact: true }).fill('Alice');
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
    await page.getByLabel('Send me news').check();
    await page.getByLabel('Red').check();
    await page
      .getByLabel('Picture')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    const answer = answerOf(page);
    await page.getByRole('button', { name: 'Continue' }).click();

    expect(await answer).toEqual({
      component: 'ak-stage-prompt',
      name: 'Alice',
      username: 'alice',
      email: '',
      password: 'correct-horse-7',
      text_area: '',
      text_read_only: 'Bob',
      text_area_read_only: 'Come in.',
      number: '',
      date: '',
      date_time: '',
      checkbox: 'on',
      radio_button_group: 'Red',
      dropdown: 'es',
      file: `data:text/plain;base64,${Buffer.from('hello').toString('base64')}`,
      ak_locale: '',
      hidden: 'x',
    });
  });

  it('shows a TOTP key as a QR code and as text', async () => {
    const { page, complaints } = await opened('totp');
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    await page.getByText('Cannot scan it?').click();

    expect(await page.locator('.key').textContent()).toBe('UYYJ FVXF F4QY 6DRL HA6P YFMI JODP COPW');
    expect(complaints).toEqual([]);
  });

  it('copies recovery codes and downloads them as a file', async () => {
    const { page } = await opened('static', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Download').click()]);
    const codes = await page.locator('.codes code').allTextContents();

    expect(codes).toHaveLength(6);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${codes.join('\n')}\n`);
    expect(download.suggestedFilename()).toBe('recovery-codes.txt');
    expect(await readFile(await download.path(), 'utf8')).toBe(`${codes.join('\n')}\n`);
  });

  it('says that it cannot copy recovery codes if the browser has no clipboard API, as over plain HTTP', async () => {
    const { page, complaints } = await chromium.open();
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.goto(examples.address('static'));
    await page.getByRole('button', { name: 'Copy' }).click();

    await page.getByText('Copying is not allowed here.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('requests one text message for the only device, and another when the user asks for it', async () => {
    const { page, answers } = await opened('validate-sms');
    await page.getByText('We have sent a code to your phone.').waitFor();
    const device = { device_class: 'sms', device_uid: '3', challenge: {} };
    expect(answers).toEqual([{ component: 'ak-stage-authenticator-validate', selected_challenge: device }]);
    await page.getByLabel('Code').fill('012345');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Send another code' }).click();
    await page.getByText('We have sent a code to your phone.').waitFor();

    expect(answers[1]).toEqual({ ...answers[0], code: '012345' });
  });

  it('lets the user choose a device and go back to the choice', async () => {
    const { page, answers } = await opened('validate-choice');
    await page.getByRole('button', { name: 'Recovery code' }).click();
    await page.getByRole('button', { name: 'Choose another way' }).click();
    await page.getByRole('button', { name: 'Authenticator app' }).click();
    await page.getByLabel('Code').fill('123456');
    const answer = answerOf(page);
    await page.keyboard.press('Enter');

    expect(await answer).toEqual({ component: 'ak-stage-authenticator-validate', code: '123456' });
    expect(answers).toHaveLength(1);
  });

  it('names the task in the heading and in the document title, also after a device is chosen', async () => {
    const { page } = await opened('validate-choice');
    const heading = page.getByRole('heading', { level: 1 });
    const shown = async () => [await heading.textContent(), await page.title()];
    expect(await shown()).toEqual(['Confirm that it is you', 'Confirm that it is you - Example']);
    expect(await page.locator('header').innerText()).toContain('Welcome to Example');
    await page.getByRole('button', { name: 'Recovery code' }).click();
    await page.getByRole('heading', { name: 'Enter a recovery code' }).waitFor();
    expect(await shown()).toEqual(['Enter a recovery code', 'Enter a recovery code - Example']);
    expect(await page.getByLabel('Recovery code').evaluate((field) => field === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Choose another way' }).click();

    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
    expect(await page.title()).toBe('Confirm that it is you - Example');
  });

  it('registers a security key, logs in with it, and sends both results in the format of the API', async () => {
    const { page } = await opened('webauthn', {});
    await addKey(page);
    const registered = answerOf(page);
    await page.getByRole('button', { name: 'Register device' }).click();
    const { response } = (await registered) as { response: Credential };
    expect(response).toMatchObject({ type: 'public-key', id: response.rawId, registrationClientExtensions: '{}' });
    expect(response.response['attestationObject']).toMatch(/^[-\w]+$/);
    await page.goto(examples.address('validate-webauthn'));
    const proved = answerOf(page);
    await page.getByRole('button', { name: 'Try again' }).click();
    const { webauthn } = (await proved) as { webauthn: Credential };

    expect(webauthn).toMatchObject({
      id: response.id,
      assertionClientExtensions: '{}',
      response: { userHandle: null },
    });
    for (const part of ['clientDataJSON', 'signature', 'authenticatorData'])
      expect(webauthn.response[part]).toMatch(/^(?:[-\w]{4})*(?:[-\w]{2}==|[-\w]{3}=)?$/);
  });

  it('offers passkeys in the username field and sends them to the passwordless flow', async () => {
    const { page } = await opened('webauthn', {});
    await addKey(page);
    const registered = answerOf(page);
    await page.getByRole('button', { name: 'Register device' }).click();
    await registered;
    const [device] = (EXAMPLES['validate-webauthn']?.['device_challenges'] ?? []) as object[];
    const asked = {
      component: 'ak-stage-authenticator-validate',
      device_challenges: [{ ...device, device_uid: '-1' }],
    };
    const done = { component: 'xak-flow-redirect', to: '/?in' };
    await page.route('**/executor/passkey/**', (route) =>
      route.fulfill({ json: route.request().method() === 'POST' ? done : asked }),
    );
    const proved = answerOf(page);
    await page.goto(examples.address('identification-everything'));

    expect(await proved).toMatchObject({ webauthn: { type: 'public-key', response: { userHandle: null } } });
    await page.waitForURL(/\/\?in$/);
  });

  it('renews its passkey challenge after four minutes, and keeps the typed name if the step is the same', async () => {
    const { page } = await chromium.open();
    await page.clock.install();
    await page.addInitScript(() => {
      const get = ({ publicKey }: CredentialRequestOptions) => {
        const asked = new TextDecoder().decode(publicKey?.challenge);
        document.documentElement.dataset['asked'] = `${document.documentElement.dataset['asked'] ?? ''} ${asked}`;
        return new Promise(() => undefined);
      };
      Object.assign(navigator.credentials, { get });
      Object.assign(PublicKeyCredential, { isConditionalMediationAvailable: async () => true });
    });
    const example = EXAMPLES['identification-passkey']!;
    const passkey_challenge = { ...(example['passkey_challenge'] as object), challenge: btoa('newer') };
    await page.route('**/executor/**', (route) => route.fulfill({ json: { ...example, passkey_challenge } }));
    await page.goto(examples.address('identification-passkey'));
    await page.locator('html[data-asked=" this is no secret"]').waitFor();
    await page.fill('#uid_field', 'ali');
    await page.clock.runFor(239_000);
    expect(await page.locator('html').getAttribute('data-asked')).toBe(' this is no secret');
    await page.clock.runFor(31_000);

    await page.locator('html[data-asked=" this is no secret newer"]').waitFor();
    expect(await page.locator('#uid_field').inputValue()).toBe('ali');

    // Simulates that another tab has continued the flow.
    await page.route('**/executor/**', (route) => route.fulfill({ json: EXAMPLES['password'] }));
    await page.clock.runFor(270_000);
    await page.getByRole('heading', { level: 1, name: 'Enter your password' }).waitFor();
  });

  it('shows an error when a security key fails, and offers a retry', async () => {
    const { page, answers } = await opened('webauthn');
    await page.evaluate(() =>
      Object.defineProperty(navigator.credentials, 'create', { value: () => Promise.reject() }),
    );
    await page.getByRole('button', { name: 'Register device' }).click();
    await page.getByText('Your device was not registered.').waitFor();

    expect(answers).toEqual([]);
    expect(await page.getByRole('button', { name: 'Register device' }).isVisible()).toBe(true);
  });

  it('continues without a click once the Duo app is paired', async () => {
    const { page } = await chromium.openShared();
    await page.route('**/enrollment_status/', (route) => route.fulfill({ json: { duo_response: 'success' } }));
    const answer = answerOf(page);
    await page.goto(examples.address('duo'));

    expect(await answer).toEqual({ component: 'ak-stage-authenticator-duo' });
  });

  it('checks the pairing of the Duo app again after an answer was refused because Duo was unreachable', async () => {
    const { page } = await chromium.open();
    const answers = answersOf(page);
    await page.clock.install();
    await page.route('**/enrollment_status/', (route) => route.fulfill({ json: { duo_response: 'success' } }));
    const away = { duo: [{ string: 'Duo cannot be reached.', code: 'invalid' }] };
    const replies = [{ ...EXAMPLES['duo'], response_errors: away }, EXAMPLES['denied']];
    await page.route('**/executor/**', (route) => route.fulfill({ json: replies.shift() }));
    await page.goto(examples.address('duo'));
    await page.getByText('This page goes on by itself').waitFor();
    await page.clock.runFor(3000);
    await page.getByText('Duo cannot be reached.').waitFor();
    await page.clock.runFor(3000);
    await page.getByRole('heading', { name: 'Permission denied' }).waitFor();

    expect(answers).toHaveLength(2);
  });

  it('submits the form of an autosubmit challenge with all its fields', async () => {
    const { page } = await chromium.openShared();
    const sent = page.waitForRequest('https://app.example.org/saml/acs/');
    await page.goto(examples.address('autosubmit'));

    expect((await sent).postData()).toBe('SAMLResponse=PHNhbWw%2B&RelayState=x');
  });

  it('runs no script in a shell challenge', async () => {
    const { page } = await opened('shell');
    await page.frameLocator('iframe').getByRole('heading', { name: 'Bad request' }).waitFor();

    expect(await page.title()).toBe('Example');
  });

  it.each(['org.example.app:/callback', 'javascript:document.title="ran"'])('does not navigate to %s', async (to) => {
    const { page } = await opened('dummy');
    const redirect = { body: JSON.stringify({ component: 'xak-flow-redirect', to }), contentType: 'application/json' };
    await page.route('**/api/**', (route) => route.fulfill(redirect));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('You may close this page now.').waitFor();

    expect(await page.getByRole('link', { name: 'Continue' }).count()).toBe(0);
    expect(await page.title()).not.toBe('ran');
  });

  it.each(['stacked', 'content_left', 'content_right', 'sidebar_left', 'sidebar_right'])(
    'places its card as the layout %s says',
    async (layout) => {
      const { page } = await chromium.openShared({ viewport: { width: 1280, height: 700 } });
      await page.goto(`${examples.address('password')}?layout=${layout}`);
      const card = await page.locator('.card').boundingBox();
      const middle = (card?.x ?? 0) + (card?.width ?? 0) / 2;

      expect(Math.sign(Math.round(middle - 640))).toBe(
        { stacked: 0, left: -1, right: 1 }[layout.split('_').at(-1) ?? ''],
      );
      expect((card?.height ?? 0) >= 600).toBe(layout.startsWith('sidebar'));
    },
  );

  interface Credential {
    readonly id: string;
    readonly rawId: string;
    readonly response: Readonly<Record<string, unknown>>;
  }

  /** Adds a virtual authenticator that approves every request. */
  async function addKey(page: Page) {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }
});
