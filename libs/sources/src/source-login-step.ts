import { randomBytes } from 'node:crypto';
import { type Effect, type LoginChallenge, PLEX_SOURCE } from '@gatehouse/contracts';
import type { PublicSource } from './published-source.js';

type SourceLogin = Extract<Effect, { type: 'source_login' }>;

/** The challenge that starts a login at a source, and the effects that the stage requests with it. */
export interface SourceLoginStep {
  readonly challenge: LoginChallenge;
  readonly effects: readonly SourceLogin[];
}

interface LoginContext {
  /** The base URL of the site. */
  readonly baseUrl: string;
  /** The URL to which the login finally redirects. */
  readonly next: string | undefined;
}

/** The scope of every login at Apple. */
const APPLE_SCOPE = 'name email';
/** Number of random bytes in an OAuth `state`. */
const STATE_BYTES = 32;

/**
 * Returns the login challenge of a source (docs/spec/sources.md#login-challenges). Each challenge of an Apple source
 * has a new OAuth `state` (docs/spec/sources.md#apple).
 */
export function sourceLoginStep(source: PublicSource, { baseUrl, next }: LoginContext): SourceLoginStep {
  const { slug } = source;
  if (source.model === PLEX_SOURCE) {
    return { challenge: { component: 'ak-source-plex', client_id: source.client_id, slug }, effects: [] };
  }
  if (source.provider_type === 'apple') return appleStep(source, baseUrl);
  const query = next ? `?${new URLSearchParams({ next }).toString()}` : '';
  return { challenge: { component: 'xak-flow-redirect', to: `/source/oauth/login/${slug}/${query}` }, effects: [] };
}

type OauthSource = Exclude<PublicSource, { model: typeof PLEX_SOURCE }>;

function appleStep({ uuid, slug, consumer_key }: OauthSource, baseUrl: string): SourceLoginStep {
  const state = randomBytes(STATE_BYTES).toString('base64url');
  return {
    challenge: {
      component: 'ak-source-oauth-apple',
      client_id: servicesId(consumer_key),
      scope: APPLE_SCOPE,
      redirect_uri: `${baseUrl}/source/oauth/callback/${slug}/`,
      state,
    },
    effects: [{ type: 'source_login', source: uuid, state }],
  };
}

/**
 * Returns Apple's services id: the first part of a consumer key of three parts, else the whole consumer key
 * (docs/spec/sources.md#apple).
 */
function servicesId(consumerKey: string): string {
  const parts = consumerKey.split(';');
  return parts.length >= 3 ? parts[0]!.trim() : consumerKey;
}

/** Path under which stored icons are served (docs/spec/executor.md#envelope). */
const MEDIA = '/media/public/';

type IconSource = Pick<PublicSource, 'model' | 'icon'> & { readonly provider_type?: string };

/** Returns the configured icon, else the icon of the provider type (docs/spec/sources.md#login-challenges). */
export function sourceIcon({ model, icon, provider_type }: IconSource): string {
  if (icon) return /^(https?:|\/static|fa:)/.test(icon) ? icon : MEDIA + icon;
  return `/static/authentik/sources/${model === PLEX_SOURCE ? 'plex' : provider_type}.svg`;
}
