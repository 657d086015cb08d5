import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

/** Lets the API answer with these examples, in order. Returns the answers that the page sends. */
async function replyWith(page: Page, ...names: readonly string[]) {
  const answers: unknown[] = [];
  const replies = names.map((name) => EXAMPLES[name]);
  await page.route('**/api/v3/flows/executor/**', (route) => {
    answers.push(route.request().postDataJSON());
    return route.fulfill({ json: replies.shift() });
  });
  return answers;
}

describeInChromium('what a password manager fills in beside the name', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('is filled in once in the steps for the password and the code, and not sent with the name', async () => {
    const { page, complaints } = await chromium.open();
    await page.goto(examples.address('identification'));
    const answers = await replyWith(page, 'password', 'password-refused', 'validate-totp', 'password');
    await page.locator('input[autocomplete=current-password]').fill('correct-horse-7');
    await page.locator('input[autocomplete=one-time-code]').fill('012345');
    await page.getByLabel('Username or email').fill('alice');
    await page.getByRole('button', { name: 'Next' }).click();
    const password = page.getByLabel('Password', { exact: true });
    await password.waitFor();
    expect(await password.inputValue()).toBe('correct-horse-7');
    await password.press('Enter');
    await page.locator('#password-error').waitFor();
    await expect.poll(() => password.inputValue()).toBe('');
    await password.fill('another');
    await password.press('Enter');
    await page.getByLabel('Code').waitFor();
    expect(await page.getByLabel('Code').inputValue()).toBe('012345');
    await page.getByLabel('Code').press('Enter');
    await password.waitFor();

    expect(await password.inputValue()).toBe('');
    expect(answers).toEqual([
      { component: 'ak-stage-identification', uid_field: 'alice' },
      { component: 'ak-stage-password', username: 'alice@example.org', password: 'correct-horse-7' },
      { component: 'ak-stage-password', username: 'alice@example.org', password: 'another' },
      { component: 'ak-stage-authenticator-validate', code: '012345' },
    ]);
    expect(complaints).toEqual([]);
  });

  it('is not sent without JavaScript, and is lost on a reload', async () => {
    const { page } = await chromium.open({ javaScriptEnabled: false });
    await page.goto(examples.address('identification'));
    await page.locator('input[autocomplete=current-password]').fill('correct-horse-7');
    await page.getByLabel('Username or email').fill('alice');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Next' }).click();
    expect((await sent).postData()).not.toContain('correct-horse-7');
    const { page: scripted } = await chromium.open();
    await scripted.goto(examples.address('identification'));
    await replyWith(scripted, 'password');
    await scripted.locator('input[autocomplete=current-password]').fill('correct-horse-7');
    await scripted.getByLabel('Username or email').fill('alice');
    await scripted.getByRole('button', { name: 'Next' }).click();
    await scripted.getByLabel('Password', { exact: true }).waitFor();
    await scripted.goto(examples.address('password'));

    expect(await scripted.getByLabel('Password', { exact: true }).inputValue()).toBe('');
  });

  it('goes into fields that neither keyboard nor screen reader reaches, unlike the optional checkbox', async () => {
    const { page } = await chromium.open();
    await page.goto(examples.address('identification'));
    const reached: string[] = [];
    for (let i = 0; i < 12; i++) {
      reached.push(await page.evaluate(() => document.activeElement?.id ?? ''));
      await page.keyboard.press('Tab');
    }

    expect(reached).toContain('uid_field');
    expect(reached.filter((id) => id.startsWith('manager-'))).toEqual([]);
    expect(await page.getByRole('textbox').count()).toBe(1);
    expect(await page.getByRole('checkbox').count()).toBe(1);
    await page.goto(examples.address('identification-refused'));
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });
});
