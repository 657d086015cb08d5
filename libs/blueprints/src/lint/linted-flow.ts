import type { StageContract, StageProof } from '@gatehouse/contracts';
import type { ModelContracts } from '../compile.js';
import { bindingModel, flowModel } from '../flow.model.js';
import type { BlueprintObject } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { LintDraft } from './lint-draft.js';

/** A stage's place in a flow, as files say it. */
export interface LintedStep {
  readonly binding: BlueprintObject;
  readonly order: number;
  /** Undefined for a stage that is not in the files, or not of the house. */
  readonly stage: BlueprintObject | undefined;
  readonly contract: StageContract | undefined;
  /** The conditions on it that are not switched off. */
  readonly conditions: readonly BlueprintObject[];
  /** What passing it proves, by itself and by what is embedded in it. */
  readonly proofs: readonly StageProof[];
}

/** A flow as files say it. */
export interface LintedFlow {
  readonly flow: BlueprintObject;
  readonly conditions: readonly BlueprintObject[];
  /** In their order. */
  readonly steps: readonly LintedStep[];
}

/** The flows of a draft, with their steps. */
export function lintedFlows(draft: LintDraft, contracts: ModelContracts): LintedFlow[] {
  const conditions = [...draft.of(policyBindingModel.name)].filter(({ values }) => values['enabled'] !== false);
  const on = (target: string) => conditions.filter(({ values }) => values['target'] === target);
  const steps = [...draft.of(bindingModel.name)].map((binding) => ({
    target: binding.values['target'],
    step: { ...stepOf(binding, draft, contracts), conditions: on(binding.id) },
  }));
  return [...draft.of(flowModel.name)].map((flow) => ({
    flow,
    conditions: on(flow.id),
    steps: steps
      .filter(({ target }) => target === flow.id)
      .map(({ step }) => step)
      .sort((a, b) => a.order - b.order),
  }));
}

function stepOf(binding: BlueprintObject, draft: LintDraft, { stages }: ModelContracts) {
  const stage = draft.get(String(binding.values['stage']));
  const contract = stage && stages.get(stage.model);
  const embedded = Object.keys(contract?.embeds ?? {}).map((field) => draft.get(String(stage?.values[field])));
  const proofs = [stage, ...embedded].flatMap((one) => (one && stages.get(one.model)?.proves(one.values)) ?? []);
  return { binding, order: Number(binding.values['order']), stage, contract, proofs };
}
