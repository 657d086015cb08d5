import { type PolicyContract, UNIQUE_PASSWORD_KIND } from '@gatehouse/contracts';
import type { FlowVersion, PolicySet } from '@gatehouse/plan';
import { z } from 'zod';
import { BlueprintError } from './blueprint-error.js';
import type { Draft } from './draft.js';
import type { BlueprintObject } from './object-model.js';
import { policyBindingModel, policyBindingSchema, policyCommons } from './policy.model.js';

const unbound = (name: string) =>
  `A policy that compares passwords is not allowed in a policy binding. List ${name} in the validation_policies of a prompt stage instead.`;

type Policies = FlowVersion['policies'];

/**
 * The policy bindings of a draft by target, in the form of flow versions (docs/spec/plan.md#flow-versions).
 */
export class PolicyBindings {
  readonly #byTarget = new Map<unknown, BlueprintObject[]>();

  constructor(
    private readonly draft: Draft,
    private readonly contracts: ReadonlyMap<string, PolicyContract>,
  ) {
    for (const binding of draft.objectsOf(policyBindingModel.name)) {
      const { target = null } = binding.values;
      this.#byTarget.set(target, [...(this.#byTarget.get(target) ?? []), binding]);
    }
  }

  /** Returns the policy bindings of a flow, step or application, sorted by order, then by id. */
  policySetOf(target: string, mode: PolicySet['mode']): PolicySet {
    const compiled = this.#boundTo(target).map(({ id, values }) => {
      const { target: _, timeout, policy, group, user, shadow = false, ...rest } = policyBindingSchema.parse(values);
      const condition = { ...(policy && { policy }), ...(group && { group }), ...(user && { user }) };
      return { shadow, binding: { id, ...rest, timeout_s: timeout, ...condition } };
    });
    const bindingsOf = (shadow: boolean) =>
      compiled
        .filter((entry) => entry.shadow === shadow)
        .map(({ binding }) => binding)
        .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
    const shadow = bindingsOf(true);
    return { mode, bindings: bindingsOf(false), ...(shadow.length > 0 && { shadow }) };
  }

  /**
   * Returns the policies that are bound to any of the targets, with the policies that they call. Throws a
   * BlueprintError for a policy that compares passwords: bindings are evaluated before any proof, so the verdict would
   * help an attacker to guess passwords.
   */
  policiesOf(targets: readonly string[]): Policies {
    const policies = this.policyIdsOf(targets).map((id) => [id, this.#policy(this.draft.get(id)!)] as const);
    for (const [, { kind, name }] of policies)
      if (kind === UNIQUE_PASSWORD_KIND) throw new BlueprintError(unbound(name));
    return Object.fromEntries(policies);
  }

  policyIdsOf(targets: readonly string[]): string[] {
    const bound = targets.flatMap((target) => this.#boundTo(target));
    return this.withCalledPolicies(
      bound.flatMap(({ values: { policy } }) => (typeof policy === 'string' ? [policy] : [])),
    );
  }

  /** Returns a policy as it is inlined into the config of a stage, with the policies that it may call. */
  describe(id: string): unknown {
    const [, ...called] = this.withCalledPolicies([id]);
    const compiled = (policyId: string) => ({
      id: policyId,
      ...this.#policy(this.draft.get(policyId) as BlueprintObject),
    });
    return { ...compiled(id), callable: called.map(compiled) };
  }

  /**
   * Returns the given ids and the ids of all policies that the Python of these policies calls, directly or indirectly.
   */
  withCalledPolicies(policyIds: readonly string[]): string[] {
    const ids = new Set(policyIds);
    // Iterating over a Set includes the members that are added during the iteration.
    for (const id of ids) for (const called of this.#calls(this.draft.get(id))) ids.add(called);
    return [...ids];
  }

  /** Returns whether one of the policies among these objects may call a policy of this name. */
  mayCall(ids: readonly string[], name: string): boolean {
    return ids.some((id) => isNamedIn(this.#pythonOf(this.draft.get(id)), name));
  }

  /** Returns the policies that a policy may call, whose names in quotes occur in its Python. */
  #calls(policy: BlueprintObject | undefined): string[] {
    const source = this.#pythonOf(policy);
    if (source === '') return [];
    const candidates = [...this.contracts.keys()].flatMap((model) => [...this.draft.objectsOf(model)]);
    const called = candidates.filter(
      ({ id, values }) => id !== policy?.id && isNamedIn(source, String(values['name'])),
    );
    return called.sort(byName).map(({ id }) => id);
  }

  /** Returns the Python of a policy. It is empty for other objects. */
  #pythonOf(policy: BlueprintObject | undefined): string {
    const field = policy && this.contracts.get(policy.model)?.pythonField;
    return field === undefined ? '' : String(policy?.values[field]);
  }

  #boundTo(target: string): readonly BlueprintObject[] {
    return this.#byTarget.get(target) ?? [];
  }

  #policy(policy: BlueprintObject): Policies[string] {
    const { model, values } = policy;
    const calls = this.#calls(policy);
    const contract = this.contracts.get(model);
    if (!contract) throw new BlueprintError(`${model} is not a supported model`);
    const config = { ...contract.config.parse(values), ...z.object(policyCommons).parse(values) };
    return { kind: contract.kind, name: String(values['name']), config, ...(calls.length > 0 && { calls }) };
  }
}

const isNamedIn = (source: string, name: string) => source.includes(`"${name}"`) || source.includes(`'${name}'`);

const byName = (a: BlueprintObject, b: BlueprintObject) =>
  String(a.values['name']) < String(b.values['name']) ? -1 : 1;
