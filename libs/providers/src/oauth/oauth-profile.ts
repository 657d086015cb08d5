import * as client from 'openid-client';
import type { ProviderProfile } from '../identity.js';
import { InvalidProofError } from '../login-errors.js';
import type { OauthSource } from '../source.js';
import type { Provider } from './provider.js';
import { objectIn } from './provider-fetch.js';

/** Whom and what a profile is asked of. */
export interface ProfileRequest {
  readonly config: client.Configuration;
  readonly provider: Provider;
  readonly source: OauthSource;
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

/** Who a token is for, as the provider says it. Throws Unproven, and what the library throws. */
export async function fetchProfile(asked: ProfileRequest, tokens: Tokens, answer: Readonly<Record<string, string>>) {
  const { config, provider, source } = asked;
  if (!provider.openId) return fetchUserinfo(asked, tokens.access_token);
  const claims = tokens.claims();
  if (!claims) throw new InvalidProofError(source.name, 'there is no id token');
  if (provider.profile) return { ...(await client.fetchUserInfo(config, tokens.access_token, claims.sub)) };
  return provider.type.scripted ? withName(claims, answer['user']) : { ...claims };
}

const OK = 200;

async function fetchUserinfo({ config, provider, source }: ProfileRequest, token: string): Promise<ProviderProfile> {
  const get = async (address: string) => {
    const headers = new Headers({ accept: 'application/json' });
    const answer = await client.fetchProtectedResource(config, token, new URL(address), 'GET', undefined, headers);
    return answer.status === OK ? answer.text() : undefined;
  };
  const profile = objectIn((await get(provider.profile ?? '')) ?? '');
  if (!profile) throw new InvalidProofError(source.name, 'the profile is no JSON object');
  if (!provider.type.addresses) return profile;
  return { ...profile, ...primaryEmail(await get(`${provider.profile}/emails`).catch(() => undefined)) };
}

interface Address {
  readonly email?: unknown;
  readonly primary?: unknown;
  readonly verified?: unknown;
}

/** Of the addresses of somebody at GitHub, the first one; the profile has only one that anybody may see. */
function primaryEmail(text: string | undefined): ProviderProfile {
  const list = objectIn(`{"list":${text ?? 'null'}}`)?.['list'];
  const first = Array.isArray(list) ? (list as Address[]).find((address) => address?.primary === true) : undefined;
  return first ? { email: first.email, email_verified: first.verified === true } : {};
}

/** Apple says a name once, to the browser: it is as good as one that somebody types. */
function withName(claims: ProviderProfile, user: string | undefined): ProviderProfile {
  const name = objectIn(user ?? '')?.['name'];
  const { firstName, lastName } = (typeof name === 'object' && name !== null ? name : {}) as ProviderProfile;
  const full = [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
  return full ? { ...claims, name: full } : { ...claims };
}
