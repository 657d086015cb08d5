import { randomBytes } from 'node:crypto';
import { type Effect, type LoginChallenge, PLEX_SOURCE } from '@gatehouse/contracts';
import type { PublicSource } from './published-source.js';

type SourceLogin = Extract<Effect, { type: 'source_login' }>;

/** What follows when somebody picks a source, and what is to be remembered of it. */
export interface SourceLoginStep {
  readonly challenge: LoginChallenge;
  readonly effects: readonly SourceLogin[];
}

/** Where the site is, and where its visitor is going. */
interface SiteContext {
  readonly baseUrl: string;
  readonly next: string | undefined;
}

/** What Apple is asked for, always. */
const APPLE_SCOPE = 'name email';
/** Bytes of a state: nobody guesses them. */
const STATE_BYTES = 32;

/**
 * A source's own login challenge (docs/spec/sources.md#login-challenges). Each of Apple's has a state of its own
 * (docs/spec/sources.md#apple).
 */
export function sourceLoginStep(source: PublicSource, { baseUrl, next }: SiteContext): SourceLoginStep {
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
 * The first part of `services_id;team_id;key_id`, or all of a key that is none of that (docs/spec/sources.md#apple).
 */
function servicesId(consumerKey: string): string {
  const parts = consumerKey.split(';');
  return parts.length >= 3 ? parts[0]!.trim() : consumerKey;
}

/** Where the picture of a stored name is served (docs/spec/executor.md#envelope). */
const MEDIA = '/media/public/';

type IconSource = Pick<PublicSource, 'model' | 'icon'> & { readonly provider_type?: string };

/** The picture of a source: its own, else that of its provider (docs/spec/sources.md#login-challenges). */
export function sourceIcon({ model, icon, provider_type }: IconSource): string {
  if (icon) return /^(https?:|\/static|fa:)/.test(icon) ? icon : MEDIA + icon;
  return `/static/authentik/sources/${model === PLEX_SOURCE ? 'plex' : provider_type}.svg`;
}
