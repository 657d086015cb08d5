import * as client from 'openid-client';
import type { ProviderProfile } from '../identity.js';
import { InvalidProofError } from '../login-errors.js';
import { isHeaderText } from '../provider-http-client.js';
import type { Provider } from './provider.js';
import { parseJsonObject } from './provider-fetch.js';
import type { OauthSource } from './provider-type.js';

/** What `fetchProfile` needs besides the tokens: the OAuth client, the provider and the source of the login. */
export interface ProfileRequest {
  readonly config: client.Configuration;
  readonly provider: Provider;
  readonly source: OauthSource;
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

/**
 * Returns the profile of the user who owns the tokens. Throws `InvalidProofError`, and the errors of `openid-client`.
 */
export async function fetchProfile(request: ProfileRequest, tokens: Tokens, answer: Readonly<Record<string, string>>) {
  const { config, provider, source } = request;
  if (!isHeaderText(tokens.access_token))
    throw new InvalidProofError(source.name, 'the access token contains characters that a token must not contain');
  if (!provider.openId) return fetchUserinfo(request, tokens.access_token);
  const claims = tokens.claims();
  if (!claims) throw new InvalidProofError(source.name, 'the response has no id token');
  if (provider.profileUrl) return { ...(await client.fetchUserInfo(config, tokens.access_token, claims.sub)) };
  return provider.type.startedByScript ? withAppleName(claims, answer['user']) : { ...claims };
}

const OK = 200;

async function fetchUserinfo({ config, provider, source }: ProfileRequest, token: string): Promise<ProviderProfile> {
  const get = async (url: string) => {
    const headers = new Headers({ accept: 'application/json' });
    const response = await client.fetchProtectedResource(config, token, new URL(url), 'GET', undefined, headers);
    return response.status === OK ? response.text() : undefined;
  };
  const profile = parseJsonObject((await get(provider.profileUrl ?? '')) ?? '');
  if (!profile) throw new InvalidProofError(source.name, 'the profile is not a JSON object');
  if (!provider.type.listsEmails) return profile;
  return { ...profile, ...primaryEmail(await get(`${provider.profileUrl}/emails`).catch(() => undefined)) };
}

interface EmailAddress {
  readonly email?: unknown;
  readonly primary?: unknown;
  readonly verified?: unknown;
}

/** Returns the primary email address from GitHub's list. The profile contains only the public email address. */
function primaryEmail(text: string | undefined): ProviderProfile {
  const list = parseJsonObject(`{"list":${text ?? 'null'}}`)?.['list'];
  const primary = Array.isArray(list)
    ? (list as EmailAddress[]).find((address) => address?.primary === true)
    : undefined;
  return primary ? { email: primary.email, email_verified: primary.verified === true } : {};
}

/**
 * Adds the name that Apple sends through the browser at the first login. It is unverified, like a name that a user
 * types.
 */
function withAppleName(claims: ProviderProfile, user: string | undefined): ProviderProfile {
  const name = parseJsonObject(user ?? '')?.['name'];
  const { firstName, lastName } = (typeof name === 'object' && name !== null ? name : {}) as ProviderProfile;
  const fullName = [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
  return fullName ? { ...claims, name: fullName } : { ...claims };
}
