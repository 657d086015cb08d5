import { LOCALES } from '@gatehouse/texts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultsOf, overflows, violations } from '../support/access.js';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, userEntry } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { hiddenFields, post, submit } from '../support/forms.js';
import { Mailbox } from '../support/mailbox.js';
import { readMail } from '../support/read-mail.js';

const PAGE = '/if/flow/back/';
const readers = LOCALES.map(({ locale }) => `reader-${locale}`);

let deployment: Deployment;
let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...LOCALES.map(({ locale }) => userEntry(`reader-${locale}`, { attributes: { settings: { locale } } })),
        flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery', title: 'Back in' }),
      ),
    ],
    services: ['identification', 'session', 'enrollment', 'courier'],
    environment: { ...mailbox.settings, EMAIL_RESEND_S: '0' },
  });
});
afterAll(async () => {
  await deployment?.close();
  await mailbox?.close();
});

describeInChromium('the email stage in Chromium', () => {
  const chromium = useChromium();

  it('logs the user in who types the mailed code', async () => {
    const { page, complaints } = await chromium.open();
    await page.goto(`${deployment.url}${PAGE}`);
    await page.getByLabel('Username or email').fill('reader-en');
    await page.getByRole('button', { name: 'Next' }).click();
    const code = page.getByLabel('Or type the code from the email');
    await code.fill('nonsense');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page
      .getByText('This code is wrong or too old. Enter the newest one, or let us send another email.')
      .waitFor();
    // Mails that are sent concurrently may arrive in any order.
    await mailbox.mailTo('reader-en@example.org');
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.getByText('An email is on its way to you.').waitFor();
    expect(await faultsOf(page)).toEqual([]);

    await code.fill(readMail(await mailbox.mailTo('reader-en@example.org', 2)).code);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${deployment.url}/if/user/`);
    expect(complaints).toEqual([]);
  });

  it('logs the user in who clicks the link in the mail and confirms it on the page, and then says in another tab that it was used', async () => {
    const requester = deployment.browser();
    await requester.solve('back', { uid_field: 'reader-de' });
    const { html } = await mailbox.mailTo('reader-de@example.org');
    const [{ page, complaints }, { page: late }] = [await chromium.open(), await chromium.open()];
    for (const tab of [page, late]) {
      await tab.setContent(html ?? '');
      await tab.getByRole('link').click();
      await tab.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
    }
    await page.getByText('You have followed the link in our email.').waitFor();
    expect(await page.textContent('main')).toContain('reader-de');
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${deployment.url}/if/user/`);
    expect(complaints).toEqual([]);

    await late.getByRole('button', { name: 'Continue' }).click();
    await late.getByText('Link was already used, please request a new link.').waitFor();
    await late.reload();
    await late.getByLabel('Username or email').waitFor();
    expect(await late.getByRole('alert').textContent()).toBe('Link was already used, please request a new link.');
    expect(await faultsOf(late)).toEqual([]);
  });

  it('says that a link was used at the first step only, even after a reload or on a restored page', async () => {
    const { page } = await chromium.open();
    const gone = 'Link was already used, please request a new link.';
    await page.goto(`${deployment.url}${PAGE}?flow_token=${'x'.repeat(60)}&next=%2Fapp`);
    await page.getByText(gone).waitFor();
    await page.getByLabel('Username or email').fill('reader-en');
    await page.getByRole('button', { name: 'Next' }).click();
    const code = page.getByLabel('Or type the code from the email');
    await code.waitFor();
    const shown = page.waitForResponse((response) => response.url().includes('/api/v3/flows/executor/'));
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    expect(JSON.stringify(await (await shown).json())).not.toContain(gone);
    await page.reload();
    await code.waitFor();
    expect([await page.getByText(gone).count(), new URL(page.url()).search]).toEqual([0, '?next=%2Fapp']);
  });

  it('sends a mail in every language that is accessible, fits the width of a phone and loads nothing', async () => {
    const { page } = await chromium.open({ viewport: { width: 360, height: 800 } });
    const requests: string[] = [];
    page.on('request', (request) => void requests.push(request.url()));
    for (const reader of readers) {
      await deployment.browser().solve('back', { uid_field: reader });
      const mail = await mailbox.mailTo(`${reader}@example.org`);
      await page.setContent(mail.html ?? '');
      expect(await page.getByRole('link').getAttribute('href')).toBe(readMail(mail).link.href);
      expect(await overflows(page)).toBe(false);
      // The mail client, not the mail, provides the landmarks of the page.
      const faults = (await violations(page)).filter((fault) => !/^(region|landmark)/.test(fault));
      expect(faults).toEqual([]);
    }
    expect(requests).toEqual([]);
  });
});

it('the email stage logs the user in without JavaScript, by the code and by the link', async () => {
  for (const method of ['code', 'link'] as const) {
    const [browser, address] = [deployment.browser(), 'reader-fr@example.org'];
    const mailCount = mailbox.mails.filter(({ recipients }) => recipients.includes(address)).length;
    await submit(browser, PAGE, { uid_field: 'reader-fr' });
    const { code, query } = readMail(await mailbox.mailTo(address, mailCount + 1));
    const visitor = method === 'code' ? browser : deployment.browser();
    const page = method === 'code' ? PAGE : `${PAGE}?${query}`;
    await post(visitor, page, { ...(await hiddenFields(visitor, page)), ...(method === 'code' ? { code } : {}) });
    expect((await visitor.fetch('/api/v3/core/users/me/')).status).toBe(200);
  }
});

it('without JavaScript the first step says that a link was used, and later steps do not', async () => {
  const browser = deployment.browser();
  const page = `${PAGE}?flow_token=${'x'.repeat(60)}&next=%2Fapp`;
  const gone = 'Link was already used, please request a new link.';
  expect((await browser.fetch(page)).text).toContain(gone);
  const { status, headers } = await submit(browser, page, { uid_field: 'reader-en' });
  expect(status).toBe(303);
  const { text } = await browser.fetch(headers.get('location')!);

  expect(text).toContain('We have sent you an email.');
  expect(text).not.toContain(gone);
  expect(headers.get('location')).toBe(`${PAGE}?next=%2Fapp`);
});
