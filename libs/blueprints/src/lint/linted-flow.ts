import { EXTERNAL_STAGE_MODEL, type StageContract, type StageProof } from '@gatehouse/contracts';
import type { ModelContracts } from '../compile.js';
import { trustsProof } from '../external-stage.model.js';
import { bindingModel, flowModel } from '../flow.model.js';
import type { BlueprintObject } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { LintDraft } from './lint-draft.js';

/** A flow stage binding in the checked files. */
export interface LintedStep {
  readonly binding: BlueprintObject;
  readonly order: number;
  /** The bound stage. Undefined if the stage is not in the files. */
  readonly stage: BlueprintObject | undefined;
  /** The contract of the stage. Undefined for an external stage and for a stage that is not in the files. */
  readonly contract: StageContract | undefined;
  /** The enabled policy bindings of this step that are enforced. */
  readonly conditions: readonly BlueprintObject[];
  /** The enabled policy bindings of this step that are shadow conditions. */
  readonly shadows: readonly BlueprintObject[];
  /** The proofs of the stage and of its embedded stages. An external stage proves nothing unless the files trust it. */
  readonly proofs: readonly StageProof[];
}

/** A flow in the checked files. */
export interface LintedFlow {
  readonly flow: BlueprintObject;
  readonly conditions: readonly BlueprintObject[];
  readonly shadows: readonly BlueprintObject[];
  /** The steps, sorted by order. */
  readonly steps: readonly LintedStep[];
}

/** Returns the flows of a draft with their steps. */
export function lintedFlows(draft: LintDraft, contracts: ModelContracts): LintedFlow[] {
  const conditions = [...draft.objectsOf(policyBindingModel.name)].filter(({ values }) => values['enabled'] !== false);
  const conditionsOf = (target: string) => {
    const bound = conditions.filter(({ values }) => values['target'] === target);
    const isShadow = ({ values }: BlueprintObject) => values['shadow'] === true;
    return { conditions: bound.filter((binding) => !isShadow(binding)), shadows: bound.filter(isShadow) };
  };
  const steps = [...draft.objectsOf(bindingModel.name)].map((binding) => ({
    target: binding.values['target'],
    step: { ...stepOf(binding, draft, contracts), ...conditionsOf(binding.id) },
  }));
  return [...draft.objectsOf(flowModel.name)].map((flow) => ({
    flow,
    ...conditionsOf(flow.id),
    steps: steps
      .filter(({ target }) => target === flow.id)
      .map(({ step }) => step)
      .sort((a, b) => a.order - b.order),
  }));
}

function stepOf(binding: BlueprintObject, draft: LintDraft, { stages }: ModelContracts) {
  const stage = draft.get(String(binding.values['stage']));
  const contract = stage && stages.get(stage.model);
  // A visitor can pass without an embedded stage that is an alternative, so such a stage does not prove every visitor.
  const embedded = Object.entries(contract?.embeds ?? {})
    .filter(([, { alternative }]) => alternative === undefined)
    .map(([field]) => draft.get(String(stage?.values[field])));
  const proofs = [stage, ...embedded].flatMap((item) => (item && proofOf(item, stages.get(item.model))) ?? []);
  return { binding, order: Number(binding.values['order']), stage, contract, proofs };
}

/** A trusted proof of an external stage. Without the bus, the linter knows only that the operator trusts it. */
const TRUSTED_PROOF: StageProof = { factor: 'first', if_missing: 'refused' };

function proofOf({ model, values }: BlueprintObject, contract: StageContract | undefined): StageProof | undefined {
  if (model === EXTERNAL_STAGE_MODEL) return trustsProof(values) ? TRUSTED_PROOF : undefined;
  return contract?.proves(values);
}
