import type { StageContractRegistry } from '@gatehouse/executor';
import { currentStep, type FlowVersion, type Plan } from '@gatehouse/plan';

/** Returns the index of the first step of a plan that mails a link, or -1. */
export const mailStepIndex = (
  plan: Plan,
  version: FlowVersion,
  contracts: Pick<StageContractRegistry, 'find'>,
): number =>
  plan.steps.findIndex((_step, cursor) => {
    const step = currentStep({ ...plan, cursor }, version);
    return step !== undefined && contracts.find(step.kind, version)?.effects.includes('mail');
  });
