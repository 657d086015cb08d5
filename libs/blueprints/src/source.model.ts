import {
  OAUTH_SOURCE,
  oauthSourceConfig,
  PLEX_SOURCE,
  plexSourceConfig,
  publishedSource,
  referencesOf,
} from '@gatehouse/contracts';
import type { SecretBox } from '@gatehouse/platform';
import { type SealedSource, sealSource } from '@gatehouse/sources';
import type { z } from 'zod';
import type { Draft } from './draft.js';
import { type BlueprintObject, type ObjectModel, referencesIn } from './object-model.js';

const sourceModel = (name: string, schema: z.ZodObject): ObjectModel => ({
  name,
  kind: 'source',
  key: ['slug'],
  schema,
  references: referencesOf(schema),
  parents: [],
});

/** Sources as blueprint objects: one for each slug, whatever it speaks. */
export const sourceModels: readonly ObjectModel[] = [
  sourceModel(OAUTH_SOURCE, oauthSourceConfig),
  sourceModel(PLEX_SOURCE, plexSourceConfig),
];

/** The sources of a draft as they are published, in the order of their slugs. */
export function compileSources(draft: Draft, vault: Pick<SecretBox, 'seal'>): SealedSource[] {
  const objects = sourceModels.flatMap(({ name }) => [...draft.of(name)]);
  const sources = objects.map((object) => sealSource(compiled(object, draft), vault));
  return sources.sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

function compiled(object: BlueprintObject, draft: Draft) {
  const { id, model, values } = object;
  const flows = referencesIn(draft.modelOf(object), values).flatMap(([field, flow, { to }]) =>
    to === 'flow' ? [[field, draft.get(flow)?.values['slug'] ?? null]] : [],
  );
  return publishedSource.parse({ ...values, ...Object.fromEntries(flows), uuid: id, model });
}
