import type { OauthClient } from '@gatehouse/plan';
import { readConfig } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from '../gateway.config.js';
import { parseAuthorizationRequest, type RequestLimits } from './authorization-request.parser.js';

const REDIRECT_URI = 'https://shop.example.org/back';
const FORM = {
  ...{ client_id: 'shop', response_type: 'code', scope: 'openid', redirect_uri: REDIRECT_URI },
  ...{ code_challenge: 'c'.repeat(43), code_challenge_method: 'S256' },
};
const LIMITS: RequestLimits = readConfig(gatewayConfig, {
  ...{ SEAL_KEYS: `a:${Buffer.alloc(32, 1).toString('base64')}`, SECRET_KEY: 'x'.repeat(32) },
  DATABASE_URL: 'postgres://unused',
});

/** Parses the request FORM with `changes`, of a client that may use `redirectUri`. */
function parse(changes: object, limits: Partial<RequestLimits> = {}, redirectUri = REDIRECT_URI) {
  const client = {
    ...{ client_id: 'shop', redirect_uris: [redirectUri], application: { uuid: 'u' }, code_lifetime_s: 60 },
    authorization_details_types: ['urn:gatehouse:consent'],
  };
  const form = { ...FORM, redirect_uri: redirectUri, ...changes };
  const context = { issuer: 'https://id.example.org/', limits: { ...LIMITS, ...limits } };
  return parseAuthorizationRequest(client as unknown as OauthClient, form, context);
}

/** Returns the bytes of all values of a form. */
const bytesOf = (form: object) => Object.values(form).join('').length;
/** Number of bytes that one more parameter may have before the request exceeds the default limit of 16 KiB. */
const LEFT = 16 * 1024 - bytesOf(FORM);

const TOO_LARGE = { error: 'invalid_request', description: 'the request has more than 16384 bytes' };

describe('AUTHORIZATION_REQUEST_BYTES', () => {
  it('is 16 KiB', () => expect(LIMITS.AUTHORIZATION_REQUEST_BYTES).toBe(16_384));

  it.each(['state', 'nonce'] as const)('allows a %s that fills the request, and refuses one more byte', (name) => {
    const value = 's'.repeat(LEFT);
    expect(parse({ [name]: value })[name]).toBe(value);
    expect(() => parse({ [name]: `${value}s` })).toThrow(expect.objectContaining(TOO_LARGE));
  });

  it('counts the bytes of all parameters in UTF-8, even of those that are ignored', () => {
    expect(parse({ state: 'é'.repeat(Math.floor(LEFT / 2)) }).state).toHaveLength(Math.floor(LEFT / 2));
    expect(() => parse({ state: 'é'.repeat(Math.ceil((LEFT + 1) / 2)) })).toThrow(expect.objectContaining(TOO_LARGE));
    expect(() => parse({ login_hint: 'h'.repeat(LEFT + 1) })).toThrow(expect.objectContaining(TOO_LARGE));
  });

  it('allows a redirect URI that fills the request, and refuses one more byte', () => {
    const filling = REDIRECT_URI + 'p'.repeat(LEFT);
    expect(parse({}, {}, filling).redirect_uri).toBe(filling);
    expect(() => parse({}, {}, `${filling}p`)).toThrow(expect.objectContaining(TOO_LARGE));
  });

  it('allows unknown scopes up to that size, and ignores them', () => {
    const scope = 'openid email';
    const unknown = ' x'.repeat(Math.floor((LEFT - ' email'.length) / 2));
    expect(parse({ scope: scope + unknown }).scopes).toEqual(['openid', 'email']);
    expect(() => parse({ scope: `${scope + unknown} x` })).toThrow(expect.objectContaining(TOO_LARGE));
  });

  it('counts the percent-encoded id of the consent’s application once more for each scope, because permissions begin with it', () => {
    const changes = { ...consent(scopes(9), { id: 'ü', name: 'Prints' }), scope: 'openid email' };
    const limits = { AUTHORIZATION_REQUEST_BYTES: bytesOf({ ...FORM, ...changes }) + 1 + '%C3%BC'.length * 11 };
    expect(parse(changes, limits).consent?.client.id).toBe('ü');
    expect(() => parse({ ...changes, state: 's' }, limits)).toThrow('the request has more than');
  });

  it('can be set to another limit', () => {
    const limits = { AUTHORIZATION_REQUEST_BYTES: bytesOf(FORM) + 1 };
    expect(parse({ state: 's' }, limits).state).toBe('s');
    expect(() => parse({ state: 'st' }, limits)).toThrow(`more than ${limits.AUTHORIZATION_REQUEST_BYTES} bytes`);
  });
});

describe('login_hint and ui_locales', () => {
  it('a login_hint is dropped if it needs more than a quarter of QUERY_LIMIT_BYTES in a URL', () => {
    const longest = 'n'.repeat(512 - 'login_hint='.length);
    expect(parse({ login_hint: longest }).login_hint).toBe(longest);
    expect(parse({ login_hint: `${longest}n` }).login_hint).toBeUndefined();
    expect(parse({ login_hint: 'é'.repeat(512 / 6) }).login_hint).toBeUndefined();
    expect(parse({ login_hint: longest }, { QUERY_LIMIT_BYTES: 512 }).login_hint).toBeUndefined();
    expect(() => parse({ login_hint: 'a\0' })).toThrow('login_hint contains NUL');
  });

  it.each([
    ['fr-CA en', 'fr'],
    ['tlh pt-BR de fr', 'de'],
    ['tlh', undefined],
    ['', undefined],
    ['*', undefined],
    [`de ${'x'.repeat(500)}`, undefined],
  ])('ui_locales select the first supported language: "%s" selects %s', (ui_locales, locale) => {
    expect(parse({ ui_locales }).ui_locale).toBe(locale);
  });
});

/** A consent for another application with some scopes. */
const consent = (scopes: readonly object[], client: object = { id: 'prints', name: 'Prints' }) => ({
  authorization_details: JSON.stringify([{ type: 'urn:gatehouse:consent', client, scopes }]),
});
const scopes = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `s${index}`, name: 'See' }));
const tooLong = (description: string) =>
  expect.objectContaining({ error: 'invalid_authorization_details', description });

describe('AUTHORIZATION_SCOPES', () => {
  it.each([
    ['100 by default', {}, 100],
    ['another number', { AUTHORIZATION_SCOPES: 2 }, 2],
  ])('is %s, and one more scope is refused', (_, limits, count) => {
    expect(parse(consent(scopes(count)), limits).consent?.scopes).toHaveLength(count);
    expect(() => parse(consent(scopes(count + 1)), limits)).toThrow(
      tooLong(`authorization_details must be one consent: it has more than ${count} scopes`),
    );
  });
});
