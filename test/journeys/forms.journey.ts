import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, LOGIN } from '../support/blueprints.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const OPTIONAL = { required: false };
const COLOURS = { placeholder: 'return ["Red", "Blue"]', placeholder_expression: true, initial_value: 'Blue' };
const FIELDS = [
  fieldEntry('new', ['intro', 'static'], { initial_value: 'Tell us <b>who you are</b>.' }),
  fieldEntry('new', ['username', 'username'], { label: 'Username' }),
  fieldEntry('new', ['email', 'email'], { label: 'Email' }),
  fieldEntry('new', ['password', 'password'], { label: 'Password' }),
  fieldEntry('new', ['more', 'separator'], { placeholder: 'More about you' }),
  fieldEntry('new', ['attributes.about', 'text_area'], { label: 'About you', ...OPTIONAL }),
  fieldEntry('new', ['attributes.inviter', 'text_read_only'], { label: 'Invited by', initial_value: 'Bob' }),
  fieldEntry('new', ['attributes.age', 'number'], { label: 'Age', ...OPTIONAL }),
  fieldEntry('new', ['attributes.born', 'date'], { label: 'Birthday', ...OPTIONAL }),
  fieldEntry('new', ['attributes.news', 'checkbox'], { label: 'Send me news', ...OPTIONAL }),
  fieldEntry('new', ['attributes.colour', 'radio-button-group'], { label: 'Colour', ...COLOURS }),
  fieldEntry('new', ['attributes.car', 'dropdown'], { label: 'Car', ...COLOURS }),
  fieldEntry('new', ['attributes.settings.locale', 'ak-locale'], { label: 'Language', ...OPTIONAL }),
  fieldEntry('new', ['attributes.from', 'hidden'], { initial_value: 'mail' }),
];
const KEYS = FIELDS.map(({ attrs }) => attrs.field_key);

/** The fields of the autosubmit form. Unescaped, the first one would leave its attribute (CVE-2026-42849). */
const SUBMITTED = { RelayState: `"><script>document.title='taken'</script>&amp;'`, SAMLResponse: 'PHg+', submit: 'x' };

let deployment: Deployment;
let otherSite: Server;
/** Method, path and body of each request that the other site has received. */
const received: string[] = [];

beforeAll(async () => {
  otherSite = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(`${request.method} ${request.url} ${body}`);
      response.setHeader('content-type', 'text/html; charset=utf-8').end('<h1>You are there.</h1>');
    });
  }).listen(0, '127.0.0.1');
  await once(otherSite, 'listening');
  deployment = await Deployment.open({
    services: ['password', 'session', 'enrollment', 'policy'],
    blueprints: [
      blueprint(
        ...FIELDS,
        flowEntries('new', [asking('new', KEYS), writing('always_create'), LOGIN], { designation: 'enrollment' }),
        flowEntries('sent', [DUMMY, DUMMY]),
        flowEntries('script', [DUMMY, DUMMY]),
      ),
    ],
  });
  const { port } = otherSite.address() as AddressInfo;
  await endWithAutosubmit('sent', `http://127.0.0.1:${port}/acs/`);
  await endWithAutosubmit('script', 'javascript:document.title="taken"');
}, 120_000);
afterAll(async () => {
  otherSite?.close();
  await deployment?.close();
});

/** Replaces the last step of a flow by an autosubmit step, which only applications, not blueprints, can add. */
const endWithAutosubmit = (slug: string, url: string) =>
  deployment.rows(
    `UPDATE flow.flow_versions v SET document = jsonb_set(document, '{steps,1,stage}', document->'steps'->1->'stage' || $2)
     FROM flow.flows f WHERE f.version_id = v.id AND f.slug = $1`,
    [slug, JSON.stringify({ kind: 'autosubmit', config: { url, attrs: SUBMITTED } })],
  );
const savedUser = async (username: string) =>
  (await deployment.rows('SELECT email, attributes FROM directory.users WHERE username = $1', [username]))[0];

describeInChromium('forms in a browser', () => {
  const chromium = useChromium();

  async function openFlow(flow: string, javaScriptEnabled: boolean) {
    const { page, complaints } = await chromium.open({ javaScriptEnabled });
    await page.goto(`${deployment.url}/if/flow/${flow}/`);
    return { page, complaints };
  }
  async function fillIdentity(page: Page, username: string) {
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Email').fill(`${username}@example.org`);
    await page.getByLabel('Password', { exact: true }).fill('correct-horse-7');
  }
  const submitForm = (page: Page) => page.getByRole('button', { name: 'Continue' }).click();

  describe.each([true, false])('with JavaScript: %s', (script) => {
    it('saves the values of a form with many kinds of fields', async () => {
      const username = `full-${script}`;
      const { page, complaints } = await openFlow('new', script);
      await fillIdentity(page, username);
      await page.getByLabel('About you').fill('Not much.');
      await page.getByLabel('Age', { exact: true }).fill('42');
      await page.getByLabel('Birthday').fill('2001-02-03');
      await page.getByLabel('Send me news').check();
      await page.getByLabel('Red').check();
      await page.getByLabel('Car').selectOption('Red');
      await page.getByLabel('Language').selectOption('de');
      await submitForm(page);
      await page.getByText(`Sie sind als ${username} angemeldet.`).waitFor();
      expect(await savedUser(username)).toEqual({
        email: `${username}@example.org`,
        attributes: {
          ...{ inviter: 'Bob', from: 'mail', about: 'Not much.', age: 42, born: '2001-02-03', news: true },
          ...{ colour: 'Red', car: 'Red', settings: { locale: 'de' } },
        },
      });
      expect(complaints).toEqual([]);
    });

    it('accepts empty optional fields, and resubmits a refused form', async () => {
      const username = `bare-${script}`;
      const { page, complaints } = await openFlow('new', script);
      await fillIdentity(page, `full-${script}`);
      await submitForm(page);
      await page.getByText('This name is taken. Please choose another one.').waitFor();
      await fillIdentity(page, username);
      await submitForm(page);
      await page.getByText(`You are signed in as ${username}.`).waitFor();
      expect(await savedUser(username)).toEqual({
        email: `${username}@example.org`,
        attributes: {
          ...{ inviter: 'Bob', from: 'mail', about: '', colour: 'Blue', car: 'Blue', settings: { locale: '' } },
        },
      });
      expect(complaints).toEqual([]);
    });

    it('submits the autosubmit form at the end of a flow to another site, and escapes its values', async () => {
      received.length = 0;
      const { page, complaints } = await openFlow('sent', script);
      await submitForm(page);
      if (!script) await submitForm(page);
      await page.getByText('You are there.').waitFor();
      const [[head, fields]] = received.map((request) => request.split(' /acs/ ')) as [[string, string]];
      expect([head, Object.fromEntries(new URLSearchParams(fields))]).toEqual(['POST', SUBMITTED]);
      expect(received).toHaveLength(1);
      expect(complaints).toEqual([]);
    });
  });

  it('shows an error instead of submitting to a javascript: URL (accident 11)', async () => {
    const { page } = await openFlow('script', true);
    await submitForm(page);
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
    expect(await page.title()).not.toBe('taken');
  });
});
