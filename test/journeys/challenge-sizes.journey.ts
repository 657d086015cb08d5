import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';

const LOGIN = 'default-authentication-flow';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(userEntry('alice'))],
    services: [...SERVICES, 'enrollment', 'policy'],
  });
  await deployment.applyFiles('blueprints');
});
afterAll(() => deployment.close());

async function loggedIn(): Promise<Browser> {
  const browser = deployment.browser();
  for (const answer of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }]) await browser.solve(LOGIN, answer);
  return browser;
}

/**
 * Expects a challenge with this component and at most this number of bytes. The limits are slightly above the present
 * sizes.
 */
function expectSize({ body, text }: BrowserResponse, component: string, bytes: number) {
  expect(body).toMatchObject({ component });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytes);
}

it('the challenges of the shipped login flow stay within their size limits', async () => {
  const browser = deployment.browser();

  expectSize(await browser.show(LOGIN), 'ak-stage-identification', 420);
  expectSize(await browser.solve(LOGIN, { uid_field: 'alice' }), 'ak-stage-password', 680);
  expectSize(await browser.solve(LOGIN, { password: 'wrong' }), 'ak-stage-password', 760);
  expectSize(await browser.solve(LOGIN, { password: 'correct-horse-7' }), 'xak-flow-redirect', 45);
});

it('the challenges of the other shipped flows stay within their size limits', async () => {
  const browser = await loggedIn();

  expectSize(await browser.show('default-user-settings-flow'), 'ak-stage-prompt', 525);
  expectSize(await browser.show('default-password-change'), 'ak-stage-password', 680);
  const prompt = await browser.solve('default-password-change', { password: 'correct-horse-7' });
  expectSize(prompt, 'ak-stage-prompt', 540);
  expectSize(await browser.show('default-invalidation-flow'), 'xak-flow-redirect', 45);
});
