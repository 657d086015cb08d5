import type { StageContract } from '@gatehouse/contracts';
import type { Plan } from './plan.js';

/** Returns whether the plan lacks a fact that the stage requires. */
export const lacksRequiredFact = ({ reads }: StageContract, { context }: Plan): boolean =>
  Object.entries(reads).some(
    ([key, need]) => need === 'required' && context[key as keyof Plan['context']] === undefined,
  );
