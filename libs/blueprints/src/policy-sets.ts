import type { PolicyContract } from '@gatehouse/contracts';
import type { FlowVersion, PolicySet } from '@gatehouse/plan';
import { z } from 'zod';
import { BlueprintError } from './blueprint-error.js';
import type { Draft } from './draft.js';
import type { BlueprintObject } from './object-model.js';
import { policyBindingModel, policyBindingSchema, policyCommons } from './policy.model.js';

type Policies = FlowVersion['policies'];

/** The conditions of a draft, by what they are bound to, as flow versions say them (protocol §8). */
export class Conditions {
  readonly #byTarget = new Map<unknown, BlueprintObject[]>();

  constructor(
    private readonly draft: Draft,
    private readonly contracts: ReadonlyMap<string, PolicyContract>,
  ) {
    for (const binding of draft.of(policyBindingModel.name)) {
      const { target = null } = binding.values;
      this.#byTarget.set(target, [...(this.#byTarget.get(target) ?? []), binding]);
    }
  }

  /** What is bound to a flow or to a step, by order, then by id. */
  setOf(target: string, mode: PolicySet['mode']): PolicySet {
    const bindings = this.#boundTo(target).map(({ id, values }) => {
      const { target: _, timeout, policy, group, user, ...rest } = policyBindingSchema.parse(values);
      const condition = { ...(policy && { policy }), ...(group && { group }), ...(user && { user }) };
      return { id, ...rest, timeout_s: timeout, ...condition };
    });
    return { mode, bindings: bindings.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1)) };
  }

  /** The policies that are bound to any of these. */
  policiesOf(targets: readonly string[]): Policies {
    const ids = this.policyIdsOf(targets);
    return Object.fromEntries(ids.map((id) => [id, this.#policy(this.draft.get(id) as BlueprintObject)]));
  }

  policyIdsOf(targets: readonly string[]): string[] {
    const bound = targets.flatMap((target) => this.#boundTo(target));
    return bound.flatMap(({ values: { policy } }) => (typeof policy === 'string' ? [policy] : []));
  }

  #boundTo(target: string): readonly BlueprintObject[] {
    return this.#byTarget.get(target) ?? [];
  }

  #policy({ model, values }: BlueprintObject): Policies[string] {
    const contract = this.contracts.get(model);
    if (!contract) throw new BlueprintError(`${model} is not a model of this installation`);
    const config = { ...contract.config.parse(values), ...z.object(policyCommons).parse(values) };
    return { kind: contract.kind, name: String(values['name']), config };
  }
}
