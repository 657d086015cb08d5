import {
  boolean,
  char,
  EXTERNAL_KIND,
  EXTERNAL_STAGE_MODEL,
  fromDescriptor,
  isExternalKind,
  jsonObject,
  notExternalKind,
  type StageContract,
  stageDescriptor,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { JsonMap } from './json.js';
import type { BlueprintObject, ObjectModel } from './object-model.js';

/** The fields of an external stage in a blueprint. */
export const externalStageSchema = z.object({
  name: char().describe('Unique name of the stage.'),
  kind: char()
    .refine(isExternalKind, { error: ({ input }) => notExternalKind(String(input)) })
    .describe('Kind that the service of the stage serves: x_<vendor>_<name>.')
    .meta({ wire: { type: 'string', pattern: EXTERNAL_KIND.source } }),
  config: jsonObject().default({}).describe('Settings of the stage, as its descriptor declares them.'),
  trusts_proof: boolean()
    .default(false)
    .describe('Whether you trust the proofs that the descriptor of the stage claims.')
    .meta({ since: '1.0.0' }),
});

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
  protects: trustsProof,
};

/** Returns whether the operator trusts the proofs that the descriptor of an external stage claims. */
export function trustsProof({ trusts_proof }: JsonMap): boolean {
  return trusts_proof === true;
}

/**
 * Returns the descriptor, contract and config of an external stage, or undefined for a built-in stage. The descriptor
 * has `proves` only if the operator trusts the proof.
 */
export function externalStageOf({ model, values }: BlueprintObject) {
  if (model !== EXTERNAL_STAGE_MODEL) return undefined;
  const { proves, ...rest } = stageDescriptor.parse(values['descriptor']);
  const descriptor = { ...rest, ...(proves && trustsProof(values) && { proves }) };
  const contract: StageContract = fromDescriptor(descriptor);
  return { descriptor, contract, config: values['config'] as z.output<typeof externalStageSchema>['config'] };
}
