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

/** The models of sources. Slugs are unique across all protocols. */
export const sourceModels: readonly ObjectModel[] = [
  sourceModel(OAUTH_SOURCE, oauthSourceConfig),
  sourceModel(PLEX_SOURCE, plexSourceConfig),
];

/** Returns the sources of a draft in their published form, sorted by slug. */
export function compileSources(draft: Draft, secretBox: Pick<SecretBox, 'seal'>): SealedSource[] {
  const objects = sourceModels.flatMap(({ name }) => [...draft.objectsOf(name)]);
  const sources = objects.map((object) => sealSource(compiled(object, draft), secretBox));
  return sources.sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

function compiled(object: BlueprintObject, draft: Draft) {
  const { id, model, values } = object;
  const flows = referencesIn(draft.modelOf(object), values).flatMap(([field, flow, { to }]) =>
    to === 'flow' ? [[field, draft.get(flow)?.values['slug'] ?? null]] : [],
  );
  return publishedSource.parse({ ...values, ...Object.fromEntries(flows), uuid: id, model });
}
