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

const uuid = { uuid: z.uuid() };

/** A source without its secrets. Login buttons are built from it. */
export const publicSource = z.discriminatedUnion('model', [
  z.object({ ...uuid, model: z.literal(OAUTH_SOURCE), ...oauthSourceConfig.omit({ consumer_secret: true }).shape }),
  z.object({ ...uuid, model: z.literal(PLEX_SOURCE), ...plexSourceConfig.omit({ plex_token: true }).shape }),
]);
export type PublicSource = z.output<typeof publicSource>;

/** A source as it is stored, with sealed secrets. */
export type SealedSource = Readonly<Record<string, unknown>> & Pick<PublishedSource, 'uuid' | 'slug' | 'model'>;

/** Seals the secrets of a source. `openSource` opens them. */
export function sealSource(source: PublishedSource, secretBox: Pick<SecretBox, 'seal'>): SealedSource {
  return { ...source, ...mapSecrets(source, (field, value) => secretBox.seal({ object: source.uuid, field }, value)) };
}

/** Opens the secrets of a source. Throws `UnsealError` when no key opens them. */
export function openSource(sealed: SealedSource, secretBox: Pick<SecretBox, 'open'>): PublishedSource {
  const opened = mapSecrets(sealed, (field, value) => secretBox.open({ object: sealed.uuid, field }, value));
  return publishedSource.parse({ ...sealed, ...opened });
}

/** Applies `transform` to each secret field of a source. */
function mapSecrets(
  source: SealedSource,
  transform: (field: string, value: unknown) => unknown,
): Record<string, unknown> {
  const fields = secretFields(SCHEMAS[source.model]);
  return Object.fromEntries(fields.map((field) => [field, transform(field, source[field])]));
}
