import type { MailBody } from '@gatehouse/outbox';
import { LOCALES } from '@gatehouse/texts';
import { describe, expect, it } from 'vitest';
import { mailTemplates } from './index.js';
import { renderMail, TemplateError } from './render-mail.js';

const FACTS = {
  ...{ url: 'https://id.example.org/if/flow/recovery/?a=b&flow_token=abc', brand: 'Example', username: 'alice' },
  ...{ code: '012345', link_minutes: 30, code_minutes: 10 },
};
const body = (changes: Partial<MailBody> = {}, facts: object = {}): MailBody => ({
  to: { address: 'alice@example.org', name: 'Alice' },
  template: 'email/password_reset.html',
  subject: 'Help is near',
  locale: 'en',
  variables: { ...FACTS, ...facts },
  about: { user: null, client_ip: '203.0.113.7', flow: 'recovery' },
  ...changes,
});
const NAMES = [...mailTemplates.keys()];

describe.each(NAMES)('the letter %s', (template) => {
  it.each(LOCALES)('in $name says link, code, brand and for whom it is, in both forms', ({ locale, direction }) => {
    const { text, html } = renderMail(body({ template, locale }));
    for (const said of [FACTS.url, FACTS.code, FACTS.brand, FACTS.username]) expect(text).toContain(said);
    for (const said of [FACTS.url.replace('&', '&amp;'), FACTS.code, FACTS.brand, FACTS.username])
      expect(html).toContain(said);
    expect(html).toContain(`<html lang="${locale}" dir="${direction}">`);
    expect(text + html).not.toMatch(/[{}]|undefined/);
  });

  it('makes no link of a name, and no long text', () => {
    const { text, html } = renderMail(body({ template }, { username: `evil.example ${'buy '.repeat(100)}` }));
    for (const form of [text, html]) {
      expect(form).not.toContain('evil.example');
      expect(form).not.toContain('buy '.repeat(20));
    }
  });

  it('does without a code where there is none', () => {
    const { text } = renderMail(body({ template }, { code: undefined }));
    expect(text).not.toMatch(/code/i.test(text) ? /type this code/ : /undefined/);
    expect(text).not.toContain('undefined');
  });

  it('loads nothing from anywhere', () => {
    expect(renderMail(body({ template })).html).not.toMatch(/src=|url\(|@import|<script|<link/i);
  });

  it('says what a name says, and nothing that a program would carry out', () => {
    const sly = { username: '<img src=x onerror=alert(1)>', brand: '"><script>alert(1)</script>' };
    const { html } = renderMail(body({ template }, sly));
    expect(html).not.toMatch(/<img|<script/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});

it('speaks English to whoever speaks nothing that the house does', () => {
  expect(renderMail(body({ locale: 'nl' })).html).toContain('lang="en"');
});

it.each([
  ['a template that is not there', body({ template: 'email/none.html' })],
  ['a link that leads to a script', body({}, { url: 'javascript:alert(1)' })],
  ['no link', body({}, { url: undefined })],
])('cannot be written with %s', (_what, mail) => {
  expect(() => renderMail(mail)).toThrow(TemplateError);
});
