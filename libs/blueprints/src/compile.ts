import { createHash } from 'node:crypto';
import {
  type AttachedStage,
  type PolicyContract,
  type Reference,
  type StageContract,
  type StageDescriptor,
  secretFields,
} from '@gatehouse/contracts';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import type { SecretBox } from '@gatehouse/platform';
import { BlueprintError } from './blueprint-error.js';
import type { Draft } from './draft.js';
import { externalStageOf } from './external-stage.model.js';
import { bindingModel, bindingSchema, flowModel, flowSchema } from './flow.model.js';
import { canonical, type JsonMap } from './json.js';
import { mediaUrl } from './media-name.js';
import { type BlueprintObject, referencesIn } from './object-model.js';
import { rejectDifferentFacts } from './own-fact-shapes.js';
import { PolicyBindings } from './policy-bindings.js';

/** The contracts of stages and policies, by blueprint model. */
export interface ModelContracts {
  readonly stages: ReadonlyMap<string, StageContract>;
  readonly policies: ReadonlyMap<string, PolicyContract>;
}

/** Compiles the flows of a draft into flow versions (docs/spec/plan.md#flow-versions). */
export class FlowCompiler {
  readonly #bindings = new Map<unknown, BlueprintObject[]>();
  readonly #policyBindings: PolicyBindings;

  constructor(
    private readonly draft: Draft,
    private readonly contracts: ModelContracts,
    /** Seals the secrets of stages, because a flow version must not contain plaintext secrets. */
    private readonly secretBox: Pick<SecretBox, 'seal'>,
  ) {
    for (const binding of draft.objectsOf(bindingModel.name)) {
      const { target = null } = binding.values;
      this.#bindings.set(target, [...(this.#bindings.get(target) ?? []), binding]);
    }
    for (const bindings of this.#bindings.values()) bindings.sort(byOrder);
    this.#policyBindings = new PolicyBindings(draft, contracts.policies);
  }

  /** Returns the flows whose compiled version may have changed, given the ids of changed or removed objects. */
  affectedFlows(ids: ReadonlySet<string>): BlueprintObject[] {
    // A removed object may have been a companion. No object refers to its companions by id, so every flow with
    // companions counts as affected.
    const isAnyRemoved = [...ids].some((id) => !this.draft.get(id));
    // Policies call each other by name. After a policy is removed or renamed, its callers no longer depend on it by id,
    // so they are found by its former name.
    const formerNames = [...ids].flatMap((id) => this.draft.formerNameOf(id) ?? []);
    return [...this.draft.objectsOf(flowModel.name)].filter((flow) => {
      const dependencies = this.#dependencyIds(flow);
      return (
        dependencies.some((id) => ids.has(id)) ||
        formerNames.some((name) => this.#policyBindings.mayCall(dependencies, name)) ||
        (isAnyRemoved && this.#hasCompanions(flow))
      );
    });
  }

  #hasCompanions(flow: BlueprintObject): boolean {
    const bindings = this.#bindings.get(flow.id) ?? [];
    return bindings.some((binding) => this.#companionKindsOf(this.#stageOf(binding)).length > 0);
  }

  compile(flow: BlueprintObject): FlowVersion {
    const values = flowSchema.parse(flow.values);
    const bindings = this.#bindings.get(flow.id) ?? [];
    const described = bindings.flatMap((binding) => this.#descriptors(this.#stageOf(binding)));
    // Stages of one kind share a descriptor. If the proof of any of them is not trusted, its descriptor is sorted last,
    // and so replaces the others.
    const descriptors = Object.fromEntries(described.sort(byProof));
    rejectDifferentFacts(values.slug, Object.values(descriptors));
    return flowVersion.parse({
      v: 1,
      flow: { ...values, id: flow.id, background: values.background ? mediaUrl(values.background) : undefined },
      guard: this.#policyBindings.policySetOf(flow.id, values.policy_engine_mode),
      steps: bindings.map((binding) => this.#step(binding)),
      attached: Object.fromEntries(bindings.flatMap((binding) => this.#attached(this.#stageOf(binding)))),
      companions: Object.fromEntries(bindings.flatMap((binding) => this.#companions(this.#stageOf(binding)))),
      descriptors,
      policies: this.#policyBindings.policiesOf([flow.id, ...bindings.map(({ id }) => id)]),
    });
  }

  /** Returns the ids of all objects that a flow version is compiled from. */
  #dependencyIds(flow: BlueprintObject): string[] {
    const bindings = this.#bindings.get(flow.id) ?? [];
    const stages = bindings.map((binding) => this.#stageOf(binding));
    const referred = stages
      .flatMap((stage) => [stage, ...this.#referencedStages(stage)])
      .flatMap((stage) => this.#references(stage).map(([, id]) => id));
    const indirect = referred.flatMap((id) => {
      const object = this.draft.get(id);
      return object ? this.#references(object).map(([, target]) => target) : [];
    });
    const targets = [flow.id, ...bindings.map(({ id }) => id)];
    const policies = this.#policyBindings.policyIdsOf(targets);
    const called = this.#policyBindings.withCalledPolicies(referred);
    const companions = stages.flatMap((stage) => this.#companionsOf(stage).map(({ id }) => id));
    const named = [...stages.map(({ id }) => id), ...referred, ...indirect, ...companions];
    return [...targets, ...named, ...policies, ...called];
  }

  #step(binding: BlueprintObject): unknown {
    const { target: _, stage: __, policy_engine_mode: mode, ...rest } = bindingSchema.parse(binding.values);
    const stage = this.#stageOf(binding);
    const { id, name, kind, config } = this.#compileStage(stage);
    return {
      ...rest,
      id: binding.id,
      stage: { id, name, kind, config: { ...config, ...this.#secretsOf(stage, config) } },
      policies: this.#policyBindings.policySetOf(binding.id, mode),
    };
  }

  #attached(stage: BlueprintObject): [string, FlowVersion['attached'][string]][] {
    return this.#referencedStages(stage).map((referenced) => [referenced.id, this.#compileAttached(referenced)]);
  }

  /** Returns the stages that a stage's config refers to, directly or through another stage, each once. */
  #referencedStages(stage: BlueprintObject): BlueprintObject[] {
    const byId = new Map<string, BlueprintObject>();
    const pending = [stage];
    for (let next = pending.pop(); next; next = pending.pop()) {
      for (const [, id, { to }] of this.#references(next)) {
        if (to !== 'stage' || byId.has(id)) continue;
        const referenced = this.draft.get(id) as BlueprintObject;
        byId.set(id, referenced);
        pending.push(referenced);
      }
    }
    return [...byId.values()];
  }

  #companions(stage: BlueprintObject): [string, FlowVersion['attached'][string]][] {
    return this.#companionsOf(stage).map((companion) => [companion.id, this.#compileAttached(companion)]);
  }

  /** Returns every stage of the kinds that are companions of this stage, in a stable order. */
  #companionsOf(stage: BlueprintObject): BlueprintObject[] {
    const kinds = this.#companionKindsOf(stage);
    const models = [...this.contracts.stages].filter(([, { kind }]) => kinds.includes(kind)).map(([model]) => model);
    const companions = models.flatMap((model) => [...this.draft.objectsOf(model)]);
    return companions.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Returns the companion kinds of a stage and of the steps that it may insert. */
  #companionKindsOf(stage: BlueprintObject): string[] {
    const { companions, inserts, changes_credentials, compares_credentials, effects } = this.#contractOf(stage);
    const compares = compares_credentials?.(this.#compileStage(stage).config) === true;
    // The gateway inserts proof steps before a step that changes or compares credentials, or logs in.
    const isGuarded = changes_credentials !== undefined || compares || effects.includes('login');
    const insertable = [...this.contracts.stages.values()].filter(
      ({ kind, proof_step }) => inserts.includes(kind) || (isGuarded && proof_step),
    );
    return [...companions, ...insertable.flatMap((contract) => contract.companions)];
  }

  /** Returns the descriptors, by kind, of a stage and of the stages that it refers to, if they are external stages. */
  #descriptors(stage: BlueprintObject): [string, StageDescriptor][] {
    return [stage, ...this.#referencedStages(stage)].flatMap((candidate) => {
      const external = externalStageOf(candidate);
      return external ? [[external.descriptor.kind, external.descriptor] as [string, StageDescriptor]] : [];
    });
  }

  /**
   * Compiles a stage that another stage refers to. Moves the secrets out of its config, because the gateway sends the
   * config to the other stage.
   */
  #compileAttached(object: BlueprintObject): FlowVersion['attached'][string] {
    const stage = this.#compileStage(object);
    const secrets = this.#secretsOf(object, stage.config);
    const config = Object.fromEntries(Object.entries(stage.config).filter(([name]) => !Object.hasOwn(secrets, name)));
    return { ...stage, config, ...(Object.keys(secrets).length > 0 ? { secrets } : {}) };
  }

  /** Returns the sealed secrets of a stage's config. */
  #secretsOf(stage: BlueprintObject, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const names = secretFields(this.#contractOf(stage).config).filter((name) => Object.hasOwn(config, name));
    return Object.fromEntries(
      names.map((field) => [field, this.secretBox.seal({ object: stage.id, field }, config[field])]),
    );
  }

  #compileStage(stage: BlueprintObject): AttachedStage {
    const contract = this.#contractOf(stage);
    const slugs = this.#references(stage).flatMap(([field, id, { to }]) =>
      to === 'flow' ? [[field, this.#slugOf(id)]] : [],
    );
    const values = externalStageOf(stage)?.config ?? stage.values;
    const config = { ...contract.config.parse({ ...values, ...this.#inlined(stage) }), ...Object.fromEntries(slugs) };
    return { id: stage.id, name: String(stage.values['name']), kind: contract.kind, model: stage.model, config };
  }

  /** Returns, for each field that inlines its references, the referenced objects in place of their ids. */
  #inlined(stage: BlueprintObject): Record<string, unknown[]> {
    const fields: Record<string, unknown[]> = {};
    for (const [field, id, { to, inlined }] of this.#references(stage)) {
      if (!inlined) continue;
      const inlinedObject = to === 'policy' ? this.#policyBindings.describe(id) : { ...this.draft.get(id)?.values, id };
      fields[field] = [...(fields[field] ?? []), inlinedObject];
    }
    return fields;
  }

  #slugOf(id: string): string {
    // The linter also compiles a flow whose stages lead to a flow that is not in its files.
    return String(this.draft.get(id)?.values['slug'] ?? id);
  }

  #stageOf(binding: BlueprintObject): BlueprintObject {
    return this.draft.get(String(binding.values['stage'])) as BlueprintObject;
  }

  #contractOf(stage: BlueprintObject): StageContract {
    const contract = externalStageOf(stage)?.contract ?? this.contracts.stages.get(stage.model);
    if (!contract) throw new BlueprintError(`${stage.model} is not a supported model`);
    return contract;
  }

  #references(object: BlueprintObject): [field: string, id: string, to: Reference][] {
    return referencesIn(this.draft.modelOf(object), object.values);
  }
}

/** Returns the SHA-256 digest of a document's canonical JSON. Documents with equal digests are the same version. */
export const documentDigest = (document: unknown): Buffer => createHash('sha256').update(canonical(document)).digest();

const orderOf = ({ order }: JsonMap) => Number(order);

/** Sorts by order, then by id (docs/spec/policies.md#order). */
function byOrder(a: BlueprintObject, b: BlueprintObject): number {
  return orderOf(a.values) - orderOf(b.values) || (a.id < b.id ? -1 : 1);
}

/** Sorts descriptors that have a trusted proof first. */
const byProof = ([, a]: [string, StageDescriptor], [, b]: [string, StageDescriptor]): number =>
  Number(b.proves !== undefined) - Number(a.proves !== undefined);
