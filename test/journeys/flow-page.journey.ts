import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { hiddenFields, post, submit } from '../support/forms.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    alone: ['password'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('<b>bold</b>'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, { ...LOGIN, attrs: { remember_me_offset: 'days=1' } }]),
        flowEntries('closed', [DUMMY], { authentication: 'require_authenticated' }),
        flowEntries('passed-by', [DUMMY], { authentication: 'require_authenticated', denied_action: 'continue' }),
      ),
    ],
  });
});
afterAll(() => deployment.close());

const page = '/if/flow/login/?next=%2F';

describe('the flow page', () => {
  it('logs in with plain forms, and redirects after each POST so that a reload sends nothing twice', async () => {
    const browser = deployment.browser();
    expect((await browser.fetch('/')).headers.get('location')).toBe('/flows/-/default/authentication/?next=%2F');
    for (const fields of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }]) {
      const answer = await submit(browser, page, fields);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, page]);
    }
    expect((await browser.fetch(page)).text).toContain('Stay signed in on this device?');
    const lastReply = await submit(browser, page, { remember_me: 'false' });

    expect([lastReply.status, lastReply.headers.get('location')]).toEqual([303, '/']);
    expect((await browser.fetch('/if/user/')).text).toContain('You are signed in as alice.');
  });

  it('shows errors beside their fields and links them by ARIA', async () => {
    const browser = deployment.browser();
    await submit(browser, page, { uid_field: 'alice' });
    const { status, text } = await submit(browser, page, { password: 'not-her-password' });

    expect(status).toBe(200);
    expect(text).toMatch(/<input [^>]*name="password"[^>]* aria-invalid="true" aria-describedby="password-error"/);
    expect(text).toMatch(
      /<p class="error" id="password-error"><svg [^>]*>.*?<\/svg><span>Wrong password\. Please try again\.<\/span>/,
    );
    expect(text).not.toContain('not-her-password');
  });

  it('refuses a form without the CSRF token, even from an anonymous visitor', async () => {
    const browser = deployment.browser();
    await browser.fetch(page);
    const forged = await post(browser, page, { uid_field: 'alice', csrf_token: 'A'.repeat(32) });
    expect(forged.status).toBe(403);
    expect((await post(browser, page, { uid_field: 'alice' })).status).toBe(403);

    expect((await browser.fetch(page)).text).toContain('name="uid_field"');
  });

  it('escapes what the visitor typed', async () => {
    const browser = deployment.browser();
    await submit(browser, page, { uid_field: '<b>bold</b>' });
    const { text } = await browser.fetch(page);

    expect(text).toContain('&lt;b>bold&lt;/b>');
    expect(text).not.toContain('<b>bold');
  });

  it('allows only its own scripts, styles and form targets by CSP', async () => {
    const { headers, text } = await deployment.browser().fetch(page);
    const policy = headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1];
    const scripts = [...text.matchAll(/<script [^>]*>/g)].map(([tag]) => tag);

    expect(policy).toBe(
      `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; frame-src 'none'; connect-src 'self'; ` +
        "form-action 'self'; img-src 'self' data: https:; frame-ancestors 'self'; base-uri 'none'",
    );
    expect(text).toContain(`<style nonce="${nonce}">`);
    expect(scripts).toEqual([
      '<script type="application/json" id="opened">',
      expect.stringMatching(/^<script type="module" nonce="[^"]+" src="\/static\/pages\/client-[-\w]+\.js">$/),
    ]);
    expect(text).not.toMatch(/ (on\w+|style)=/);
  });

  it('serves its script compressed and with immutable caching, and serves no other file', async () => {
    const { text } = await deployment.browser().fetch(page);
    const script = /src="([^"]+)"/.exec(text)?.[1] ?? '';
    const answer = await fetch(deployment.url + script, { headers: { 'accept-encoding': 'gzip, br' } });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const other of ['nothing.js', 'manifest.json', '..%2fserver.js', '%2e%2e%2fserver.js']) {
      expect((await fetch(`${deployment.url}/static/pages/${other}`)).status).toBe(404);
    }
  });

  it('explains an unknown flow, a denied flow and an unavailable service', async () => {
    expect(await deployment.browser().fetch('/if/flow/nowhere/')).toMatchObject({
      status: 404,
      text: expect.stringContaining('There is nothing at this address'),
    });
    // The brand has no other login flow to which the visitor could be redirected.
    expect((await deployment.browser().fetch('/if/flow/closed/')).text).toContain(
      'You need to be logged in to go on here.',
    );
    const browser = deployment.browser();
    await submit(browser, page, { uid_field: 'alice' });
    const hiddenInputs = await hiddenFields(browser, page);
    await deployment.stop('password');
    const unavailable = await post(browser, page, { ...hiddenInputs, password: 'correct-horse-7' });
    await deployment.start('password');

    expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, '1']);
    expect(unavailable.text).toContain('This service cannot be reached at the moment. We try again by ourselves.');
    expect(unavailable.text).toContain('<noscript><meta http-equiv="refresh" content="1;url=/if/flow/');
    expect((await browser.fetch(page)).text).toContain('name="password"');
  });

  it('redirects to a `next` path with non-ASCII characters', async () => {
    const { status, headers } = await deployment
      .browser()
      .fetch(`/if/flow/passed-by/?next=${encodeURIComponent('/路')}`);
    expect([status, headers.get('location')]).toEqual([303, '/%E8%B7%AF']);
  });

  it('accepts form bodies, which the API refuses with 415', async () => {
    const browser = deployment.browser();
    await browser.fetch(page);
    // The content types that a form of another site can send.
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])
      expect(await browser.post('login', '{"uid_field": "alice"}', { type })).toMatchObject({ status: 415 });
    expect((await browser.fetch(page)).text).toContain('name="uid_field"');

    expect((await submit(browser, page, { uid_field: 'alice' })).status).toBe(303);
    expect((await browser.fetch(page)).text).toContain('name="password"');
  });
});
