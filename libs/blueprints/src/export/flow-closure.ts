import { BlueprintError } from '../blueprint-error.js';
import type { Draft } from '../draft.js';
import { bindingModel } from '../flow.model.js';
import { type BlueprintObject, referencesIn } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { PolicyBindings } from '../policy-bindings.js';

/** Models of bindings, which are exported together with the object that they are bound to. */
const BINDINGS = [bindingModel.name, policyBindingModel.name];

/** An object with the length of its longest chain of references. */
export interface OrderedObject {
  readonly object: BlueprintObject;
  readonly dependencyDepth: number;
}

/** Collects a flow and all objects that it depends on, including the flows that its stages lead to. */
export class FlowClosure {
  readonly #depths = new Map<string, number>();
  readonly #visiting = new Set<string>();

  constructor(
    private readonly draft: Draft,
    private readonly policyBindings: PolicyBindings,
  ) {}

  /**
   * Returns the objects with their depths. Throws BlueprintError for circular references, because entries can only
   * refer to earlier entries.
   */
  objectsOf(flow: BlueprintObject): OrderedObject[] {
    const ids = new Set([flow.id]);
    // Iterating over a Set includes the members that are added during the iteration.
    for (const id of ids) for (const dependency of this.#dependencyIds(this.draft.get(id))) ids.add(dependency);
    const objects = [...ids].flatMap((id) => this.draft.get(id) ?? []);
    return objects.map((object) => ({ object, dependencyDepth: this.#depthOf(object) }));
  }

  #dependencyIds(object: BlueprintObject | undefined): string[] {
    if (!object) return [];
    const bound = BINDINGS.flatMap((model) => [...this.draft.objectsOf(model)]).filter(
      ({ values }) => values['target'] === object.id,
    );
    return [
      ...this.#references(object),
      ...bound.map(({ id }) => id),
      ...this.policyBindings.withCalledPolicies([object.id]),
    ];
  }

  #references(object: BlueprintObject): string[] {
    return referencesIn(this.draft.modelOf(object), object.values).map(([, id]) => id);
  }

  #depthOf(object: BlueprintObject): number {
    const cached = this.#depths.get(object.id);
    if (cached !== undefined) return cached;
    if (this.#visiting.has(object.id))
      throw new BlueprintError(
        `cannot export ${this.draft.displayName(object)}: it refers to itself through other objects, but an entry can only refer to earlier entries`,
      );
    this.#visiting.add(object.id);
    const dependencies = this.#references(object).flatMap((id) => this.draft.get(id) ?? []);
    const depth = dependencies.reduce((max, dependency) => Math.max(max, 1 + this.#depthOf(dependency)), 0);
    this.#visiting.delete(object.id);
    this.#depths.set(object.id, depth);
    return depth;
  }
}
