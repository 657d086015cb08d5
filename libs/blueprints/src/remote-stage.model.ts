import {
  char,
  contractOf,
  jsonObject,
  REMOTE_STAGE_MODEL,
  type StageContract,
  stageDescriptor,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { BlueprintObject, ObjectModel } from './object-model.js';

/** What a blueprint says of a stage of somebody else's. */
export const remoteStageSchema = z.object({ name: char(), kind: char(), config: jsonObject().default({}) });

/** Stages of others as blueprint objects: with what the stage said of itself when it was applied. */
export const remoteStageModel: ObjectModel = {
  name: REMOTE_STAGE_MODEL,
  kind: 'stage',
  key: ['name'],
  schema: remoteStageSchema.extend({ descriptor: stageDescriptor }),
  references: new Map(),
  parents: [],
};

/** A stage of somebody else's with its promise; undefined for one of the house's own. */
export function remoteStageOf({ model, values }: BlueprintObject) {
  if (model !== REMOTE_STAGE_MODEL) return undefined;
  const descriptor = stageDescriptor.parse(values['descriptor']);
  const contract: StageContract = contractOf(descriptor);
  return { descriptor, contract, config: values['config'] as z.output<typeof remoteStageSchema>['config'] };
}
