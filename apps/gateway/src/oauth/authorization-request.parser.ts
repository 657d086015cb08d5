import {
  type AuthorizationRequest,
  CONSENT_DETAIL,
  type ConsentDetail,
  consentDetail,
  findUnstorableCharacter,
  MAX_AGE_LIMIT_S,
  PROMPTS,
  type Prompt,
  parseAcrValues,
  parseMaxAge,
} from '@gatehouse/contracts';
import type { OauthClient } from '@gatehouse/plan';
import { z } from 'zod';
import type { GatewayConfig } from '../gateway.config.js';
import { firstSupportedLocale } from '../http/locale.js';
import { SUPPORTED_SCOPES } from './authorization-start.js';
import { OauthError } from './oauth-error.js';
import { formText, type OauthFields } from './oauth-form.js';

const invalid = (description: string, error = 'invalid_request') => new OauthError(error, description);

const UNSTORABLE = 'contains NUL or a lone surrogate';
const isUnstorable = (value: unknown) => findUnstorableCharacter(value) !== undefined;

/** Part of QUERY_LIMIT_BYTES that a login hint may need, because the query of the login page contains it. */
const LOGIN_HINT_SHARE = 1 / 4;
/** The form of a SHA-256 in base64url (RFC 7636 §4.2). */
const S256 = /^[\w-]{43}$/;
/**
 * Parameters of OpenID Connect and RFC 9101 that are refused. If Gatehouse ignored them, the client would get something
 * other than it requested, without an error.
 */
const UNSUPPORTED = ['request', 'request_uri', 'claims', 'registration', 'dpop_jkt'];

/** Settings that limit a pushed request. */
export type RequestLimits = Pick<
  GatewayConfig,
  'AUTHORIZATION_REQUEST_BYTES' | 'AUTHORIZATION_SCOPES' | 'QUERY_LIMIT_BYTES'
>;

/**
 * Returns the parsed pushed request of a client. Throws OauthError for everything that the client may not request
 * (docs/spec/authorization-code.md#par).
 */
export function parseAuthorizationRequest(
  client: OauthClient,
  form: OauthFields,
  { issuer, limits }: { readonly issuer: string; readonly limits: RequestLimits },
): AuthorizationRequest {
  const text = (name: string) => storableText(form, name);
  rejectUnsupported(form);
  const redirect_uri = text('redirect_uri');
  if (redirect_uri === undefined || !client.redirect_uris.includes(redirect_uri))
    throw invalid('redirect_uri must equal one of the redirect_uris of the provider, which are https or loopback');
  const code_challenge = formText(form, 'code_challenge');
  if (formText(form, 'code_challenge_method') !== 'S256' || code_challenge === undefined || !S256.test(code_challenge))
    throw invalid('code_challenge must be a SHA-256 in base64url, with code_challenge_method=S256');
  const [scopes, consent] = [scopesOf(form), consentOf(client, form, limits)];
  rejectTooLarge(form, { scopes, consent }, limits.AUTHORIZATION_REQUEST_BYTES);
  return {
    ...{ client_id: client.client_id, application: client.application.uuid, issuer, redirect_uri, code_challenge },
    ...{ scopes, consent },
    state: text('state'),
    nonce: text('nonce'),
    prompts: promptsOf(form),
    max_age: maxAgeOf(form),
    acr_values: parseAcrValues(formText(form, 'acr_values')),
    login_hint: loginHintOf(form, limits),
    ui_locale: firstSupportedLocale(formText(form, 'ui_locales')),
    code_lifetime_s: client.code_lifetime_s,
  };
}

/**
 * Throws if the request is larger than the limit. Its size is that of all parameter values in UTF-8. A consent for
 * another application adds the application's id once for each scope, because each permission of the consent begins with
 * that id.
 */
function rejectTooLarge(
  form: OauthFields,
  { scopes, consent }: Pick<AuthorizationRequest, 'scopes' | 'consent'>,
  limit: number,
): void {
  const values = Object.values(form).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const prefix = encodeURIComponent(consent?.client.id ?? '').length;
  if (values + prefix * (scopes.length + (consent?.scopes.length ?? 0)) > limit)
    throw invalid(`the request has more than ${limit} bytes`);
}

function rejectUnsupported(form: OauthFields): void {
  const used = UNSUPPORTED.find((name) => formText(form, name) !== undefined);
  if (used !== undefined) throw invalid(`${used} is not supported`, `${used}_not_supported`);
  if (formText(form, 'response_type') !== 'code')
    throw invalid('response_type must be code', 'unsupported_response_type');
  if (!['query', undefined].includes(formText(form, 'response_mode'))) throw invalid('response_mode must be query');
}

function storableText(form: OauthFields, name: string): string | undefined {
  const value = formText(form, name);
  if (isUnstorable(value)) throw invalid(`${name} ${UNSTORABLE}`);
  return value;
}

/** Returns the requested scopes that are supported. Without `openid` there would be no ID token. */
function scopesOf(form: OauthFields): string[] {
  const requested = new Set((formText(form, 'scope') ?? '').split(' '));
  if (!requested.has('openid')) throw invalid('scope must contain openid', 'invalid_scope');
  return Object.keys(SUPPORTED_SCOPES).filter((scope) => requested.has(scope));
}

function promptsOf(form: OauthFields): Prompt[] {
  const values = (formText(form, 'prompt') ?? '').split(' ').filter((value) => value !== '');
  const prompts = PROMPTS.filter((prompt) => values.includes(prompt));
  if (values.some((value) => !(PROMPTS as readonly string[]).includes(value)))
    throw invalid(`prompt may contain ${PROMPTS.join(', ')}`);
  if (prompts.includes('none') && prompts.length > 1) throw invalid('prompt=none excludes all other prompts');
  return prompts;
}

function maxAgeOf(form: OauthFields): number | undefined {
  const value = formText(form, 'max_age');
  if (value === undefined) return undefined;
  const seconds = parseMaxAge(value);
  if (seconds === undefined) throw invalid(`max_age must be a number of seconds from 0 to ${MAX_AGE_LIMIT_S}`);
  return seconds;
}

/** Returns the login hint; undefined if it is too long, because a truncated name helps no user. */
function loginHintOf(form: OauthFields, { QUERY_LIMIT_BYTES }: RequestLimits): string | undefined {
  const hint = storableText(form, 'login_hint');
  if (hint === undefined) return undefined;
  const size = new URLSearchParams({ login_hint: hint }).toString().length;
  return size <= QUERY_LIMIT_BYTES * LOGIN_HINT_SHARE ? hint : undefined;
}

/** Parses `authorization_details`, whose only type is the consent for another application. */
function consentOf(
  { authorization_details_types: types }: OauthClient,
  form: OauthFields,
  limits: RequestLimits,
): ConsentDetail | undefined {
  const value = formText(form, 'authorization_details');
  if (value === undefined) return undefined;
  if (!types.includes(CONSENT_DETAIL))
    throw invalid(
      `authorization_details_types of the provider must contain ${CONSENT_DETAIL}`,
      'invalid_authorization_details',
    );
  const parsed = z.array(consentDetail).length(1).safeParse(parsedJson(value));
  const [detail] = parsed.data ?? [];
  const issue = parsed.error?.issues[0];
  const reason = detail
    ? problemOf(detail, limits.AUTHORIZATION_SCOPES)
    : `${issue?.path.join('.')} ${issue?.message}`.trim();
  if (detail && reason === undefined) return detail;
  throw invalid(`authorization_details must be one consent: ${reason}`, 'invalid_authorization_details');
}

/**
 * Returns why a consent cannot be requested. Gatehouse has its own texts for its scopes, and no client may replace
 * them.
 */
function problemOf(detail: ConsentDetail, maxScopes: number): string | undefined {
  if (detail.scopes.length > maxScopes) return `it has more than ${maxScopes} scopes`;
  if (isUnstorable(detail)) return `it ${UNSTORABLE}`;
  const own = detail.scopes.find(({ id }) => Object.hasOwn(SUPPORTED_SCOPES, id));
  return own && `the scope ${own.id} belongs into the parameter scope`;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
