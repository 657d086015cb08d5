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

/** The fields of an external stage in a blueprint. */
export const externalStageSchema = z.object({ name: char(), kind: char(), config: jsonObject().default({}) });

/**
 * The model of external stages. Its objects also store the descriptor that the service of the stage replied with when
 * the blueprint was applied.
 */
export const externalStageModel: ObjectModel = {
  name: EXTERNAL_STAGE_MODEL,
  kind: 'stage',
  key: ['name'],
  schema: externalStageSchema.extend({ descriptor: stageDescriptor }),
  references: new Map(),
  parents: [],
};

/** Returns the descriptor, contract and config of an external stage, or undefined for a built-in stage. */
export function externalStageOf({ model, values }: BlueprintObject) {
  if (model !== EXTERNAL_STAGE_MODEL) return undefined;
  const descriptor = stageDescriptor.parse(values['descriptor']);
  const contract: StageContract = fromDescriptor(descriptor);
  return { descriptor, contract, config: values['config'] as z.output<typeof externalStageSchema>['config'] };
}
