import {
  OAUTH_SOURCE,
  oauthSourceConfig,
  PLEX_SOURCE,
  type PublishedSource,
  plexSourceConfig,
  publishedSource,
  secretFields,
} from '@gatehouse/contracts';
import type { SecretBox } from '@gatehouse/platform';
import { z } from 'zod';

const SCHEMAS = { [OAUTH_SOURCE]: oauthSourceConfig, [PLEX_SOURCE]: plexSourceConfig } as const;

const id = { uuid: z.uuid() };

/** A source as its buttons need it: nothing of it is secret. */
export const publicSource = z.discriminatedUnion('model', [
  z.object({ ...id, model: z.literal(OAUTH_SOURCE), ...oauthSourceConfig.omit({ consumer_secret: true }).shape }),
  z.object({ ...id, model: z.literal(PLEX_SOURCE), ...plexSourceConfig.omit({ plex_token: true }).shape }),
]);
export type PublicSource = z.output<typeof publicSource>;

/** A source as it is kept: its secrets sealed. */
export type SealedSource = Readonly<Record<string, unknown>> & Pick<PublishedSource, 'uuid' | 'slug' | 'model'>;

/** Seals what is secret of a source, as `openedSource` opens it. */
export function sealSource(source: PublishedSource, vault: Pick<SecretBox, 'seal'>): SealedSource {
  return { ...source, ...changed(source, (field, value) => vault.seal({ object: source.uuid, field }, value)) };
}

/** A source with its secrets open. Throws Unsealable. */
export function openSource(sealed: SealedSource, vault: Pick<SecretBox, 'open'>): PublishedSource {
  const opened = changed(sealed, (field, value) => vault.open({ object: sealed.uuid, field }, value));
  return publishedSource.parse({ ...sealed, ...opened });
}

/** The secrets of a source, each as `change` makes it. */
function changed(source: SealedSource, change: (field: string, value: unknown) => unknown): Record<string, unknown> {
  const fields = secretFields(SCHEMAS[source.model]);
  return Object.fromEntries(fields.map((field) => [field, change(field, source[field])]));
}
