import type { Page } from 'playwright-core';

/** Returns the next answer to a challenge that the page sends. */
export const answerOf = async (page: Page) =>
  (await page.waitForRequest(isAnswer)).postDataJSON() as Record<string, unknown>;

const isAnswer = (request: { method: () => string; url: () => string }) =>
  request.method() === 'POST' && request.url().includes('/api/v3/flows/executor/');

/** Collects the answers to challenges that a page sends. */
export function answersOf(page: Page) {
  const sent: Record<string, unknown>[] = [];
  page.on('request', (request) => isAnswer(request) && sent.push(request.postDataJSON()));
  return sent;
}
