import { blueprintConfig, char, type RelatedModel, referencesOf, type StageContract } from '@gatehouse/contracts';
import type { ObjectModel } from './object-model.js';

/**
 * Returns the blueprint model of the stages that have this contract. Its fields are the name and the fields of the
 * config.
 */
export function stageModel(
  model: string,
  { config, validate, embeds, proves, ends, ignores, api_version }: StageContract,
): ObjectModel {
  const references = referencesOf(config);
  const policies = [...references].filter(([, { to }]) => to === 'policy').map(([field]) => field);
  return {
    name: model,
    kind: 'stage',
    apiVersion: api_version,
    key: ['name'],
    schema: blueprintConfig(config)
      .extend({ name: char().describe('Unique name of the object.') })
      .meta(config.meta() ?? {}),
    references,
    parents: [],
    guards: () => [...Object.keys(embeds), ...policies],
    protects: (values) => ends || proves(values) !== undefined,
    check: validate,
    ignores,
  };
}

/** Returns the model of objects that belong to a stage's config, such as the fields of a prompt stage. */
export const relatedModel = ({ kind, model, key = ['name'], config, validate, python }: RelatedModel): ObjectModel => ({
  name: model,
  kind,
  key,
  schema: key.includes('name') ? config.extend({ name: char().describe('Unique name of the object.') }) : config,
  references: referencesOf(config),
  parents: [],
  ...(validate && { check: validate }),
  ...(python && { python }),
});
