import { CODE_MAIL_TEMPLATES, MAIL_TEMPLATES } from '@gatehouse/contracts';
import type { MailBody } from '@gatehouse/outbox';
import { LOCALES } from '@gatehouse/texts';
import { describe, expect, it } from 'vitest';
import { mailTemplates } from './mail-templates.js';
import { renderMail, TemplateError } from './render-mail.js';

const VARIABLES = {
  ...{ url: 'https://id.example.org/if/flow/recovery/?a=b&flow_token=abc', brand: 'Example', username: 'alice' },
  ...{ code: '012345', link_minutes: 30, code_minutes: 10 },
};
const body = (changes: Partial<MailBody> = {}, variables: object = {}): MailBody => ({
  to: { address: 'alice@example.org', name: 'Alice' },
  template: 'email/password_reset.html',
  subject: 'Password recovery',
  locale: 'en',
  variables: { ...VARIABLES, ...variables },
  about: { user: null, client_ip: '203.0.113.7', flow: 'recovery' },
  ...changes,
});
it('there is a mail template for each name that blueprints may use', () => {
  expect([...mailTemplates.keys()]).toEqual([...MAIL_TEMPLATES, ...CODE_MAIL_TEMPLATES]);
});

describe.each(CODE_MAIL_TEMPLATES)('the mail %s', (template) => {
  it.each(LOCALES)('in $name contains code, lifetime, brand and username, and no link', ({ locale }) => {
    const { text, html } = renderMail(body({ template, locale }));
    for (const form of [text, html]) {
      for (const value of [VARIABLES.code, '10', VARIABLES.brand, VARIABLES.username]) expect(form).toContain(value);
      expect(form).not.toMatch(/https?:|href|undefined|[^;{]\{\w+\}/);
    }
  });

  it('throws TemplateError without a code', () => {
    expect(() => renderMail(body({ template }, { code: undefined }))).toThrow(TemplateError);
  });
});

describe.each(MAIL_TEMPLATES)('the mail %s', (template) => {
  it.each(LOCALES)('in $name contains link, code, brand and username, as text and HTML', ({ locale, direction }) => {
    const { text, html } = renderMail(body({ template, locale }));
    for (const value of [VARIABLES.url, VARIABLES.code, VARIABLES.brand, VARIABLES.username])
      expect(text).toContain(value);
    for (const value of [VARIABLES.url.replace('&', '&amp;'), VARIABLES.code, VARIABLES.brand, VARIABLES.username])
      expect(html).toContain(value);
    expect(html).toContain(`<html lang="${locale}" dir="${direction}">`);
    expect(text + html).not.toMatch(/[{}]|undefined/);
  });

  it('contains a user name without a link and truncated', () => {
    const { text, html } = renderMail(body({ template }, { username: `evil.example ${'buy '.repeat(100)}` }));
    for (const form of [text, html]) {
      expect(form).not.toContain('evil.example');
      expect(form).not.toContain('buy '.repeat(20));
    }
  });

  it('has no code section without a code', () => {
    const { text } = renderMail(body({ template }, { code: undefined }));
    expect(text).not.toMatch(/code/i.test(text) ? /type this code/ : /undefined/);
    expect(text).not.toContain('undefined');
  });

  it('loads no external resources', () => {
    expect(renderMail(body({ template })).html).not.toMatch(/src=|url\(|@import|<script|<link/i);
  });

  it('escapes HTML in names', () => {
    const injection = { username: '<img src=x onerror=alert(1)>', brand: '"><script>alert(1)</script>' };
    const { html } = renderMail(body({ template }, injection));
    expect(html).not.toMatch(/<img|<script/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});

it('a mail is in English if its language is not supported', () => {
  expect(renderMail(body({ locale: 'nl' })).html).toContain('lang="en"');
});

it.each([
  ['an unknown template', body({ template: 'email/none.html' })],
  ['a script URL', body({}, { url: 'javascript:alert(1)' })],
  ['no link', body({}, { url: undefined })],
])('renderMail throws TemplateError for %s', (_what, mail) => {
  expect(() => renderMail(mail)).toThrow(TemplateError);
});
