import type { ApiVersion } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { checkBlueprints } from './lint/check-blueprints.js';
import { formatFindings } from './lint/finding.js';

const check = async (entry: string, apiVersion: ApiVersion = '2026.8') =>
  formatFindings(
    await checkBlueprints({
      files: [{ name: 'a.yaml', text: `entries:\n- ${entry}` }],
      library: async () => undefined,
      ...{ env: {}, syntax: { check: async () => undefined }, apiVersion },
    }),
  );
const FINE = '0 errors, 0 warnings';

const brand = (attrs: string) => `{model: authentik_brands.brand, identifiers: {domain: a}, attrs: {${attrs}}}`;
const flow = (attrs: string, slug = 'a') =>
  `{model: authentik_flows.flow, identifiers: {slug: ${slug}}, attrs: {name: A, title: A, designation: invalidation, ${attrs}}}`;
const source = (type: string) =>
  `{model: authentik_sources_oauth.oauthsource, identifiers: {slug: a}, attrs: {name: A, provider_type: ${type}, consumer_key: a, consumer_secret: b}}`;
const provider = (uris: string) =>
  `{model: authentik_providers_oauth2.oauth2provider, identifiers: {name: a}, attrs: {client_id: a, redirect_uris: ${uris}}}`;

describe('a field or value that is new in 2026.8', () => {
  it.each([
    ['the field branding_custom_css', brand('branding_custom_css: "a{}"')],
    ['the field branding_default_flow_background', brand('branding_default_flow_background: sea.jpg')],
    ['this kind of value of the field slug', flow('', 'a'.repeat(51))],
    ['this kind of value of the field background', flow(`background: ${'a/'.repeat(250)}a.jpg`)],
    ['the value "entraid" of the field provider_type', source('entraid')],
    ['the value "slack" of the field provider_type', source('slack')],
  ])('is refused under 2024.8 with an error that names it, and accepted under 2026.8: %s', async (part, entry) => {
    expect(await check(entry, '2024.8')).toContain(`${part} is new in authentik 2026.8.`);
    expect(await check(entry)).toBe(FINE);
  });

  it('may have its default value under 2024.8', async () => {
    const picture = '/static/dist/assets/images/flow_background.jpg';
    const attrs = `branding_custom_css: "", branding_default_flow_background: ${picture}`;
    expect(await check(brand(attrs), '2024.8')).toBe(FINE);
  });

  it('is refused if it is a source type that Gatehouse does not support', async () => {
    expect(await check(source('wechat'))).toContain('provider_type: "wechat" is not a valid choice.');
  });

  it('has the length limit of 2026.8', async () => {
    expect(await check(flow('', 'a'.repeat(255)))).toBe(FINE);
    expect(await check(flow('', 'a'.repeat(256)))).toContain('Ensure this field has no more than 255 characters.');
    expect(await check(brand(`branding_custom_css: ${'a'.repeat(65_536)}`))).toBe(FINE);
    expect(await check(brand(`branding_custom_css: ${'a'.repeat(65_537)}`))).toContain(
      'no more than 65536 characters.',
    );
  });
});

describe('the background of a flow', () => {
  it.each([
    'sea.jpg',
    'flow-backgrounds/Über_2-sea.%(theme)s.jpg',
    'https://cdn.example/a b.jpg',
    '/static/../a.jpg',
    '""',
    'null',
    `${'a'.repeat(255)}/${'b'.repeat(255)}`,
  ])('may be %s', async (name) => {
    expect(await check(flow(`background: ${name}`))).toBe(FINE);
  });

  it.each([
    ['/media/sea.jpg', 'Absolute paths are not allowed'],
    ['.sea.jpg', 'File name cannot start with .'],
    ['a/../sea.jpg', 'File name cannot contain ..'],
    ['a//sea.jpg', 'File name cannot contain duplicate /'],
    ['a sea.jpg', 'File name can only contain letters, digits, ., _, -, / and %(theme)s'],
    ['a%(them)s.jpg', 'File name can only contain letters, digits, ., _, -, / and %(theme)s'],
    ['"javascript:alert(1)"', 'File name can only contain letters, digits, ., _, -, / and %(theme)s'],
    ['a'.repeat(256), 'A part of the file name has more than 255 characters'],
    [`${'a/'.repeat(512)}a`, 'no more than 1024 characters'],
  ])('is refused if it is %s', async (name, message) => {
    expect(await check(flow(`background: ${name}`))).toContain(message);
    expect(await check(brand(`branding_default_flow_background: ${name}`))).toContain('1 error');
  });
});

describe('redirect_uris as a list', () => {
  const uri = (more = '') => `{matching_mode: strict, url: "https://a.example/back"${more}}`;

  it('are accepted with both types of addresses', async () => {
    expect(await check(provider(`[${uri()}, ${uri(', redirect_uri_type: logout')}]`))).toBe(FINE);
  });

  it.each([
    ['{matching_mode: regex, url: "https://.*"}', 'matching_mode must be strict: an address is compared'],
    ['{matching_mode: strict, url: "http://a.example/"}', 'url is http, which only a loopback host may be.'],
    ['{matching_mode: strict}', 'url must be a text.'],
    [uri(', redirect_uri_type: other'), 'redirect_uri_type must be authorization or logout.'],
    [uri(', more: 1'), 'Unrecognized key: "more"'],
    ['just a text', 'expected object'],
  ])('are refused with %s, and the error has the number of the entry', async (entry, message) => {
    expect(await check(provider(`[${uri()}, ${entry}]`))).toContain(`redirect_uris: Entry 2: `);
    expect(await check(provider(`[${uri()}, ${entry}]`))).toContain(message);
  });
});

it.each(['totp', 'static', 'webauthn', 'duo', 'sms', 'email'])(
  'the friendly_name of a set-up stage for %s devices may be null or empty',
  async (kind) => {
    const more = {
      totp: ', digits: 6',
      duo: ', client_id: a, client_secret: b, api_hostname: api.example',
      sms: ', provider: twilio, from_number: "1", account_sid: a, auth: b',
    };
    for (const name of ['null', '""']) {
      const attrs = `friendly_name: ${name}${more[kind as keyof typeof more] ?? ''}`;
      const entry = `{model: authentik_stages_authenticator_${kind}.authenticator${kind}stage, identifiers: {name: a}, attrs: {${attrs}}}`;
      expect(await check(entry)).toBe(FINE);
    }
  },
);
