import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { countingAttempts } from '../support/counting-attempts.js';
import { Deployment } from '../support/deployment.js';
import { type LossyProxy, startLossyProxy } from '../support/lossy-proxy.js';
import { asking, fieldEntry } from '../support/prompts.js';

const INTERRUPTED = 'The connection was interrupted. Please go on with this step.';

describeInChromium('when the response to a saved answer is lost', () => {
  let proxy: LossyProxy;
  let deployment: Deployment;
  const chromium = useChromium();

  beforeAll(async () => {
    proxy = await startLossyProxy();
    // No field is required, so each form accepts the answer to the other one.
    const forms = ['First', 'Second'];
    deployment = await Deployment.open({
      services: ['identification', 'password', 'enrollment', 'session'],
      gateway: { BASE_URL: proxy.url },
      blueprints: [
        blueprint(
          ...forms.map((form) =>
            fieldEntry(form, [`${form}_note`, 'text'], { label: `${form} note`, required: false }),
          ),
          userEntry('alice', { password: 'correct-horse-7' }), // not-a-secret
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { designation: 'authentication' }),
          flowEntries('forms', [...forms.map((form) => asking(form, [`${form}_note`])), DUMMY]),
        ),
      ],
    });
    proxy.leadTo(Number(new URL(deployment.url).port));
  });
  afterAll(async () => {
    await proxy.close();
    await deployment.close();
  });

  /** Opens the flow and answers the first form. Chromium sends the answer twice, because it gets no response. */
  async function repeatsFirst(options: { javaScriptEnabled?: boolean } = {}) {
    const { page } = await chromium.openShared(options);
    await page.goto(`${proxy.url}/if/flow/forms/`);
    await page.getByLabel('First note').fill('for the first form');
    const posts = proxy.posts();
    proxy.dropNextResponse();
    await page.keyboard.press('Enter');
    return { page, posts };
  }

  /** Opens the flow and answers the first form. The response is lost. */
  async function losesFirst(): Promise<{ page: Page; posts: number }> {
    const { page } = await chromium.openShared();
    await page.goto(`${proxy.url}/if/flow/forms/`);
    await page.getByLabel('First note').fill('for the first form');
    const posts = proxy.posts();
    proxy.loseNextResponse();
    await page.keyboard.press('Enter');
    return { page, posts };
  }

  it('the page shows the next form empty, says that it was interrupted, and does not send the answer again', async () => {
    const { page, posts } = await losesFirst();
    const second = page.getByLabel('Second note');
    await second.waitFor();
    expect(await second.inputValue()).toBe('');
    expect(await page.getByText(INTERRUPTED).count()).toBe(1);
    expect(proxy.posts()).toBe(posts + 1);
    await second.fill('for the second form');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).waitFor();

    await second.waitFor({ state: 'detached' });
    expect(await page.getByText(INTERRUPTED).count()).toBe(0);
    expect(proxy.posts()).toBe(posts + 2);
  });

  it('a submission before the page knows the next form does not answer that form', async () => {
    const { page, posts } = await losesFirst();
    await page.getByText('There is no connection at the moment.').waitFor();
    await page.keyboard.press('Enter');
    const second = page.getByLabel('Second note');
    await second.waitFor();

    expect([await second.inputValue(), proxy.posts()]).toEqual(['', posts + 1]);
  });

  it.each([true, false])(
    'an answer that Chromium sends twice does not answer the next form (with JavaScript: %s)',
    async (javaScriptEnabled) => {
      const { page, posts } = await repeatsFirst({ javaScriptEnabled });
      const second = page.getByLabel('Second note');
      await second.waitFor();
      expect([await second.inputValue(), proxy.posts()]).toEqual(['', posts + 2]);
      await second.fill('for the second form');
      await page.keyboard.press('Enter');

      await page.getByRole('button', { name: 'Continue' }).waitFor();
    },
  );

  it('a wrong password that Chromium sends twice is judged once, and the next one is accepted', async () => {
    const { page } = await chromium.openShared();
    await page.goto(`${proxy.url}/if/flow/login/`);
    await page.getByLabel('Username').fill('alice');
    await page.keyboard.press('Enter');
    const password = page.getByLabel('Password', { exact: true });
    await password.fill('wrong-horse-7');
    const posts = proxy.posts();
    const { judged } = await countingAttempts(deployment, async () => {
      proxy.dropNextResponse();
      await page.keyboard.press('Enter');
      await page.getByText(INTERRUPTED).waitFor();
    });
    expect([judged, proxy.posts(), await password.inputValue()]).toEqual([1, posts + 2, '']);

    await password.fill('correct-horse-7');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${proxy.url}/if/user/`);
  });
});
