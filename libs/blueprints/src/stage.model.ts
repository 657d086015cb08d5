import { char, referencesOf, type StageContract } from '@gatehouse/contracts';
import type { ObjectModel } from './object-model.js';

/** The model of a stage, out of its contract: a name and the config. */
export const stageModel = (model: string, { config, admit, embeds }: StageContract): ObjectModel => ({
  name: model,
  kind: 'stage',
  key: ['name'],
  schema: config.extend({ name: char() }),
  references: referencesOf(config),
  parents: [],
  guards: Object.keys(embeds),
  check: admit,
});
