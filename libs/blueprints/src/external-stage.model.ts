import {
  char,
  EXTERNAL_STAGE_MODEL,
  fromDescriptor,
  jsonObject,
  type StageContract,
  stageDescriptor,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { BlueprintObject, ObjectModel } from './object-model.js';

/** What a blueprint says of a stage of somebody else's. */
export const externalStageSchema = z.object({ name: char(), kind: char(), config: jsonObject().default({}) });

/** Stages of others as blueprint objects: with what the stage said of itself when it was applied. */
export const externalStageModel: ObjectModel = {
  name: EXTERNAL_STAGE_MODEL,
  kind: 'stage',
  key: ['name'],
  schema: externalStageSchema.extend({ descriptor: stageDescriptor }),
  references: new Map(),
  parents: [],
};

/** A stage of somebody else's with its promise; undefined for one of the house's own. */
export function externalStageOf({ model, values }: BlueprintObject) {
  if (model !== EXTERNAL_STAGE_MODEL) return undefined;
  const descriptor = stageDescriptor.parse(values['descriptor']);
  const contract: StageContract = fromDescriptor(descriptor);
  return { descriptor, contract, config: values['config'] as z.output<typeof externalStageSchema>['config'] };
}
