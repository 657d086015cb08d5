import { BlueprintError } from '../blueprint-error.js';
import type { Draft } from '../draft.js';
import { bindingModel } from '../flow.model.js';
import { type BlueprintObject, referencesIn } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { PolicyBindings } from '../policy-bindings.js';

/** Models whose objects belong to what they are bound to. */
const BINDINGS = [bindingModel.name, policyBindingModel.name];

/** An object and how many others, one upon another, it stands on. */
export interface OrderedObject {
  readonly object: BlueprintObject;
  readonly height: number;
}

/** A flow with everything that it is made of, the flows that its stages lead to included; what others stand on comes first. */
export class FlowClosure {
  readonly #heights = new Map<string, number>();
  readonly #open = new Set<string>();

  constructor(
    private readonly draft: Draft,
    private readonly conditions: PolicyBindings,
  ) {}

  /** Throws BlueprintError for objects that refer to each other in a circle: none of them could come first. */
  of(flow: BlueprintObject): OrderedObject[] {
    const ids = new Set([flow.id]);
    // A set that grows is walked to its end.
    for (const id of ids) for (const part of this.#parts(this.draft.get(id))) ids.add(part);
    const objects = [...ids].flatMap((id) => this.draft.get(id) ?? []);
    return objects.map((object) => ({ object, height: this.#height(object) }));
  }

  #parts(object: BlueprintObject | undefined): string[] {
    if (!object) return [];
    const bound = BINDINGS.flatMap((model) => [...this.draft.of(model)]).filter(
      ({ values }) => values['target'] === object.id,
    );
    return [...this.#references(object), ...bound.map(({ id }) => id), ...this.conditions.withCalled([object.id])];
  }

  #references(object: BlueprintObject): string[] {
    return referencesIn(this.draft.modelOf(object), object.values).map(([, id]) => id);
  }

  #height(object: BlueprintObject): number {
    const known = this.#heights.get(object.id);
    if (known !== undefined) return known;
    if (this.#open.has(object.id))
      throw new BlueprintError(`${this.draft.readable(object)} refers to itself through others`);
    this.#open.add(object.id);
    const below = this.#references(object).flatMap((id) => this.draft.get(id) ?? []);
    const height = below.reduce((most, one) => Math.max(most, 1 + this.#height(one)), 0);
    this.#open.delete(object.id);
    this.#heights.set(object.id, height);
    return height;
  }
}
