import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answersOf } from './answers.js';
import { useExamples } from './examples.js';

const isResponse = (request: { method: () => string; url: () => string }) =>
  request.method() === 'POST' && request.url().includes('/api/v3/flows/executor/');

/** Returns the next answer to a challenge (in the API: challenge response) that the page sends. */
const nextResponse = async (page: Page) =>
  (await page.waitForRequest(isResponse)).postDataJSON() as Record<string, unknown>;

describeInChromium('a page with a captcha', () => {
  const chromium = useChromium();
  const examples = useExamples();

  /** Opens an example. `responses` collects every answer that the page sends. */
  async function opened(name: string) {
    const { page } = await chromium.open();
    const responses: unknown[] = [];
    page.on('request', (request) => isResponse(request) && responses.push(request.postDataJSON()));
    await page.goto(examples.address(name));
    return { page, responses };
  }

  it('sends a form only after its captcha is solved', async () => {
    const { page, responses } = await opened('identification-captcha');
    await page.getByLabel('Username or email').fill('alice');
    await page.keyboard.press('Enter');
    const puzzle = page.getByRole('button', { name: 'I am no robot' });
    await puzzle.waitFor();
    expect(responses).toEqual([]);
    const response = nextResponse(page);
    await puzzle.click();

    expect(await response).toEqual({
      component: 'ak-stage-identification',
      uid_field: 'alice',
      captcha_token: 'solved site-key',
    });
  });

  it('sends the token that the captcha provider returns', async () => {
    const { page } = await opened('captcha');
    const response = nextResponse(page);
    await page.getByRole('button', { name: 'I am no robot' }).click();

    expect(await response).toEqual({ component: 'ak-stage-captcha', token: 'solved site-key' });
  });

  it('keeps the typed name when the captcha of the form is loaded again', async () => {
    const { page } = await chromium.open();
    await page.route('**/example-puzzle.js', (route) => route.abort(), { times: 1 });
    await page.goto(examples.address('identification-captcha'));
    await page.getByLabel('Username or email').fill('alice');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'I am no robot' }).click();
    const response = nextResponse(page);
    await page.getByRole('button', { name: 'Next' }).click();

    expect(await response).toMatchObject({ uid_field: 'alice', captcha_token: 'solved site-key' });
  });

  it('ignores a second callback of the captcha provider in the next step', async () => {
    const { page } = await chromium.openShared();
    const sent = answersOf(page);
    const body = 'globalThis.turnstile = { render: (_, { callback }) => { globalThis.solve = callback; } };';
    await page.route('**/example-puzzle.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
    await page.route('**/api/v3/flows/executor/**', (route) => route.fulfill({ json: EXAMPLES['password'] }));
    await page.goto(examples.address('captcha'));
    await page.waitForFunction('globalThis.solve');
    await page.evaluate('solve("one")');
    await page.locator('#password').waitFor();
    await page.evaluate('solve("two")');
    await page.locator('#password').fill('secret');
    const response = nextResponse(page);
    await page.keyboard.press('Enter');
    await response;

    expect(sent).toEqual([
      { component: 'ak-stage-captcha', token: 'one' },
      { component: 'ak-stage-password', username: 'alice@example.org', password: 'secret' },
    ]);
  });

  it.each([false, true])(
    'answers a refused captcha only when the visitor tries again (interactive: %s)',
    async (interactive) => {
      const { page } = await chromium.openShared();
      const sent = answersOf(page);
      const body = 'globalThis.turnstile = { render: (_, { callback }) => callback(`token`) };';
      await page.route('**/example-puzzle.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
      const captcha = { ...EXAMPLES['captcha'], interactive };
      const response_errors = {
        token: [{ string: 'Invalid captcha response. Retrying may solve this issue.', code: 'invalid' }],
      };
      await page.route('**/api/v3/flows/executor/**', (route) =>
        route.fulfill({ json: route.request().method() === 'POST' ? { ...captcha, response_errors } : captcha }),
      );
      await page.goto(examples.address('captcha'));
      const again = page.getByRole('button', { name: 'Try again' });
      await again.waitFor({ timeout: 10_000 });
      expect(sent).toHaveLength(1);
      await again.click();

      await expect.poll(() => sent.length).toBe(2);
    },
  );
});
