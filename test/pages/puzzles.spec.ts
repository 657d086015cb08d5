import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

const isAnswer = (request: { method: () => string; url: () => string }) =>
  request.method() === 'POST' && request.url().includes('/api/v3/flows/executor/');

/** The next answer that the page sends. */
const answerOf = async (page: Page) => (await page.waitForRequest(isAnswer)).postDataJSON() as Record<string, unknown>;

describeInChromium('a page with a puzzle', () => {
  const chromium = useChromium();
  const examples = useExamples();

  /** `answers` grows with every answer that the page sends. */
  async function opened(name: string) {
    const { page } = await chromium.open();
    const answers: unknown[] = [];
    page.on('request', (request) => isAnswer(request) && answers.push(request.postDataJSON()));
    await page.goto(examples.address(name));
    return { page, answers };
  }

  it('waits for the puzzle of a form before it sends it', async () => {
    const { page, answers } = await opened('identification-captcha');
    await page.getByLabel('Username or email').fill('alice');
    await page.keyboard.press('Enter');
    const puzzle = page.getByRole('button', { name: 'I am no robot' });
    await puzzle.waitFor();
    expect(answers).toEqual([]);
    const answer = answerOf(page);
    await puzzle.click();

    expect(await answer).toEqual({
      component: 'ak-stage-identification',
      uid_field: 'alice',
      captcha_token: 'solved site-key',
    });
  });

  it('solves a puzzle with what the provider gave', async () => {
    const { page } = await opened('captcha');
    const answer = answerOf(page);
    await page.getByRole('button', { name: 'I am no robot' }).click();

    expect(await answer).toEqual({ component: 'ak-stage-captcha', token: 'solved site-key' });
  });
});
