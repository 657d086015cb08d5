import { expect, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { answerOf, answersOf } from './answers.js';
import { useExamples } from './examples.js';

describeInChromium('the form of an external stage', () => {
  const chromium = useChromium();
  const examples = useExamples();

  it('sends the value of every type of field, whatever the fields are called', async () => {
    const { page, complaints } = await chromium.openShared({ timezoneId: 'Europe/Berlin' });
    await page.goto(examples.address('external-stage'));
    await page.getByText('In your time zone: Central European Time.').waitFor();
    await page.getByLabel('Nickname').fill('Al');
    await page.getByLabel('PIN', { exact: true }).fill('0815');
    await page.getByLabel('About you').fill('{"component": "xak-flow-shell"}\nsecond line');
    await page.getByLabel('Age').fill('42');
    await page.getByLabel('Appointment').fill('2024-12-24T18:30');
    await page.getByLabel('Large').check();
    await page.getByLabel('Country').selectOption('Spain');
    await page
      .getByLabel('Picture')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hi') });
    await page.getByLabel('Send me news').uncheck();
    const sent = answerOf(page);
    await page.getByRole('button', { name: 'Sign' }).click();

    expect(await sent).toEqual({
      ...{ component: 'x-acme-guest', nickname: 'Al', pin: '0815', email: '', site: '', age: '42', elements: '' },
      ...{ opened: '{"component": "xak-flow-shell"}\nsecond line', born: '', visit: '2024-12-24T17:30:00Z' },
      ...{ size: 'l', country: 'Spain', photo: 'data:text/plain;base64,aGk=', news: 'false' },
    });
    expect(complaints).toEqual([]);
  });

  it('refuses a file above the size limit with a message', async () => {
    const { page } = await chromium.openShared();
    const answers = answersOf(page);
    await page.goto(examples.address('external-stage'));
    await page.getByLabel('Nickname').fill('Al');
    await page.getByLabel('PIN', { exact: true }).fill('0815');
    await page.getByRole('button', { name: 'Show PIN', exact: true }).click();
    await page.getByLabel('Small').check();
    const picture = page.getByLabel('Picture');
    await picture.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.alloc(80_000) });
    await page.getByRole('button', { name: 'Sign' }).click();

    expect(await picture.evaluate((input) => (input as HTMLInputElement).validationMessage)).toBe(
      'This file is too large. Please choose a smaller one.',
    );
    expect(answers).toEqual([]);
    await picture.setInputFiles([]);
    const sent = answerOf(page);
    await page.getByRole('button', { name: 'Sign' }).click();
    expect(await sent).toMatchObject({ photo: '', news: 'true' });
  });

  it('escapes HTML in texts, shows errors at their fields, and fills in no secret', async () => {
    const { page } = await chromium.openShared({ javaScriptEnabled: false });
    await page.goto(examples.address('external-stage-refused'));

    expect(await page.locator('#pin-error').textContent()).toBe('Wrong <b>PIN</b>.');
    expect(await page.locator('#nickname-hint').textContent()).toBe('As your <em>friends</em> know you.');
    expect(await page.getByRole('alert').textContent()).toBe('The guest book is full.');
    expect(await page.getByLabel('PIN', { exact: true }).inputValue()).toBe('');
    expect(await page.getByRole('link', { name: 'Not you?' }).getAttribute('href')).toBe('/flows/-/cancel/');
    await page.goto(examples.address('external-stage'));
    expect(await page.getByRole('link', { name: 'Start again' }).getAttribute('href')).toBe('/flows/-/cancel/');
  });
});
