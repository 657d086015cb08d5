import type { StageContract } from '@gatehouse/contracts';
import type { Plan } from './plan.js';

/** Returns whether the plan lacks a fact that the stage requires. */
export const lacksRequiredFact = ({ reads, facts }: StageContract, { context }: Plan): boolean => {
  const isAbsent = (key: string) => context[key as keyof Plan['context']] === undefined;
  return (
    Object.entries(reads).some(([key, need]) => need === 'required' && isAbsent(key)) ||
    Object.entries(facts).some(([key, use]) => use.reads === 'required' && isAbsent(key))
  );
};
