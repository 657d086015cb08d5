import type { OAUTH_SOURCE, PLEX_SOURCE, PublishedSource, sourceIdentity } from '@gatehouse/contracts';
import type { z } from 'zod';

/** A source that speaks OAuth. */
export type OauthSource = Extract<PublishedSource, { model: typeof OAUTH_SOURCE }>;

/** Plex as a source. */
export type PlexSource = Extract<PublishedSource, { model: typeof PLEX_SOURCE }>;

/** Somebody as a source knows them. */
export type SourceIdentity = z.output<typeof sourceIdentity>;
