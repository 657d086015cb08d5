import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { useExamples } from './examples.js';

const INITIAL = { night: '2024-10-27T01:30:00Z', second: '2024-07-01 12:00:15.123456+02:00', text: '2024-W30-1' };

const typesAndValues = (page: Page) =>
  page
    .locator('main input[id]')
    .evaluateAll((inputs) =>
      inputs.map((input) => [(input as HTMLInputElement).type, (input as HTMLInputElement).value]),
    );

/** Resolves with the next answer that the page sends, after the page has shown the reply. */
async function nextAnswer(page: Page): Promise<string> {
  const response = await page.waitForResponse((reply) => reply.request().method() === 'POST');
  await page.locator('main[aria-busy]').waitFor({ state: 'detached' });
  return response.request().postData() ?? '';
}

describeInChromium('a field for a date and a time', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('is in the visitor’s time zone, and sends an unchanged value in its original form', async () => {
    const { page, complaints } = await chromium.openShared({ timezoneId: 'Europe/Berlin' });
    await page.goto(examples.address('prompt-times'));
    await page.getByText('In your time zone: Central European Time.').first().waitFor();
    expect(await typesAndValues(page)).toEqual([
      ['datetime-local', '2024-10-27T02:30'],
      ['datetime-local', '2024-07-01T12:00:15'],
      ['text', INITIAL.text],
    ]);
    const unchanged = nextAnswer(page);
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(JSON.parse(await unchanged)).toEqual({ component: 'ak-stage-prompt', ...INITIAL });
    await page.getByLabel('Appointment').fill('2024-12-24T18:30');
    await page.getByLabel('Started').fill('');
    const changed = nextAnswer(page);
    await page.getByRole('button', { name: 'Continue' }).click();

    expect(JSON.parse(await changed)).toMatchObject({ night: '2024-12-24T17:30:00Z', second: '' });
    expect(complaints).toEqual([]);
  });

  it('converts a time that was typed before the script was loaded to the visitor’s time zone', async () => {
    const { page } = await chromium.openShared({ timezoneId: 'America/New_York' });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/static/**', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(examples.address('prompt-times'), { waitUntil: 'commit' });
    expect(await page.getByText('In coordinated universal time (UTC).').count()).toBe(2);
    await page.getByLabel('Appointment').fill('2024-12-24T18:30');
    release();
    await page.getByText('In your time zone: Eastern Time.').first().waitFor();

    expect(await page.getByLabel('Appointment').inputValue()).toBe('2024-12-24T13:30');
  });

  it('is in UTC without JavaScript, as the prompt stage reads a time without a zone', async () => {
    const { page } = await chromium.openShared({ timezoneId: 'Europe/Berlin', javaScriptEnabled: false });
    await page.goto(examples.address('prompt-times'));
    expect(await page.getByLabel('Appointment').inputValue()).toBe('2024-10-27T01:30');
    const answer = nextAnswer(page);
    await page.getByRole('button', { name: 'Continue' }).click();

    expect(Object.fromEntries(new URLSearchParams(await answer))).toMatchObject({
      night: '2024-10-27T01:30',
      second: '2024-07-01T10:00:15',
      text: INITIAL.text,
    });
  });
});

describeInChromium('the last use of a device', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it.each([
    ['de', 'Eine andere Möglichkeit wählen', '14. März 2026 um 10:26'],
    ['ar', 'اختيار طريقة أخرى', '14 مارس 2026 في 10:26 ص'],
  ])('has its date and time in the visitor’s time zone and in the language %s', async (locale, otherWay, title) => {
    const { page, complaints } = await chromium.openShared({ timezoneId: 'Europe/Berlin' });
    await page.goto(`${examples.address('validate-last-used')}?locale=${locale}`);
    await page.getByRole('button', { name: otherWay }).click();
    const time = page.locator('time[datetime="2026-03-14T09:26:53.000Z"]');

    expect((await time.getAttribute('title'))?.replaceAll(/\s/gu, ' ')).toBe(title);
    expect(await time.textContent()).toMatch(/\d/);
    expect(complaints).toEqual([]);
  });
});
