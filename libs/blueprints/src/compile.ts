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
import { type BlueprintObject, referencesIn } from './object-model.js';
import { PolicyBindings } from './policy-bindings.js';

const MEDIA = '/media/public/';

/** The contracts of stages and policies, by the blueprint models that they belong to. */
export interface ModelContracts {
  readonly stages: ReadonlyMap<string, StageContract>;
  readonly policies: ReadonlyMap<string, PolicyContract>;
}

/** Compiles flows of a draft into the documents that plans run on (docs/spec/plan.md#flow-versions). */
export class FlowCompiler {
  readonly #bindings = new Map<unknown, BlueprintObject[]>();
  readonly #conditions: PolicyBindings;

  constructor(
    private readonly draft: Draft,
    private readonly contracts: ModelContracts,
    /** Seals the secrets of stages: a document shows none. */
    private readonly vault: Pick<SecretBox, 'seal'>,
  ) {
    for (const binding of draft.of(bindingModel.name)) {
      const { target = null } = binding.values;
      this.#bindings.set(target, [...(this.#bindings.get(target) ?? []), binding]);
    }
    for (const bindings of this.#bindings.values()) bindings.sort(byOrder);
    this.#conditions = new PolicyBindings(draft, contracts.policies);
  }

  /** The flows whose document may be another one, now that the objects of these ids have changed. */
  affected(ids: ReadonlySet<string>): BlueprintObject[] {
    // What is gone may have been a companion: nobody refers to those, so nobody tells.
    const isGone = [...ids].some((id) => !this.draft.get(id));
    return [...this.draft.of(flowModel.name)].filter(
      (flow) => this.#parts(flow).some((id) => ids.has(id)) || (isGone && this.#hasCompanions(flow)),
    );
  }

  #hasCompanions(flow: BlueprintObject): boolean {
    const bindings = this.#bindings.get(flow.id) ?? [];
    return bindings.some((binding) => this.#companionKindsOf(this.#stageOf(binding)).length > 0);
  }

  compile(flow: BlueprintObject): FlowVersion {
    const values = flowSchema.parse(flow.values);
    const bindings = this.#bindings.get(flow.id) ?? [];
    return flowVersion.parse({
      v: 1,
      flow: { ...values, id: flow.id, background: backgroundUrl(values.background) },
      guard: this.#conditions.setOf(flow.id, values.policy_engine_mode),
      steps: bindings.map((binding) => this.#step(binding)),
      attached: Object.fromEntries(bindings.flatMap((binding) => this.#attached(this.#stageOf(binding)))),
      companions: Object.fromEntries(bindings.flatMap((binding) => this.#companions(this.#stageOf(binding)))),
      descriptors: Object.fromEntries(bindings.flatMap((binding) => this.#descriptors(this.#stageOf(binding)))),
      policies: this.#conditions.policiesOf([flow.id, ...bindings.map(({ id }) => id)]),
    });
  }

  /** The ids of everything that a flow's document is made of. */
  #parts(flow: BlueprintObject): string[] {
    const bindings = this.#bindings.get(flow.id) ?? [];
    const stages = bindings.map((binding) => this.#stageOf(binding));
    const referred = stages
      .flatMap((stage) => [stage, ...this.#inner(stage)])
      .flatMap((stage) => this.#references(stage).map(([, id]) => id));
    const further = referred.flatMap((id) => {
      const object = this.draft.get(id);
      return object ? this.#references(object).map(([, target]) => target) : [];
    });
    const targets = [flow.id, ...bindings.map(({ id }) => id)];
    const policies = this.#conditions.policyIdsOf(targets);
    const called = this.#conditions.withCalled(referred);
    const companions = stages.flatMap((stage) => this.#companionsOf(stage).map(({ id }) => id));
    const named = [...stages.map(({ id }) => id), ...referred, ...further, ...companions];
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
      policies: this.#conditions.setOf(binding.id, mode),
    };
  }

  #attached(stage: BlueprintObject): [string, FlowVersion['attached'][string]][] {
    return this.#inner(stage).map((inner) => [inner.id, this.#apart(inner)]);
  }

  /** The stages that a stage's config points to, and those that they point to, each once. */
  #inner(stage: BlueprintObject): BlueprintObject[] {
    const found = new Map<string, BlueprintObject>();
    const waiting = [stage];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const [, id, { to }] of this.#references(next)) {
        if (to !== 'stage' || found.has(id)) continue;
        const inner = this.draft.get(id) as BlueprintObject;
        found.set(id, inner);
        waiting.push(inner);
      }
    }
    return [...found.values()];
  }

  #companions(stage: BlueprintObject): [string, FlowVersion['attached'][string]][] {
    return this.#companionsOf(stage).map((companion) => [companion.id, this.#apart(companion)]);
  }

  /** Every stage of the kinds whose work a stage goes on with, in an order that does not change. */
  #companionsOf(stage: BlueprintObject): BlueprintObject[] {
    const kinds = this.#companionKindsOf(stage);
    const models = [...this.contracts.stages].filter(([, { kind }]) => kinds.includes(kind)).map(([model]) => model);
    const found = models.flatMap((model) => [...this.draft.of(model)]);
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Kinds that a stage goes on with, itself or by a step that it may add. */
  #companionKindsOf(stage: BlueprintObject): string[] {
    const { companions, inserts, changes_credentials } = this.#contractOf(stage);
    const added = [...this.contracts.stages.values()].filter(
      // The gateway adds steps that prove the user before a step that changes credentials.
      ({ kind, proof_step }) => inserts.includes(kind) || (changes_credentials && proof_step),
    );
    return [...companions, ...added.flatMap((contract) => contract.companions)];
  }

  /** What the strangers among a stage and those that it points to have promised, by kind. */
  #descriptors(stage: BlueprintObject): [string, StageDescriptor][] {
    return [stage, ...this.#inner(stage)].flatMap((one) => {
      const remote = externalStageOf(one);
      return remote ? [[remote.descriptor.kind, remote.descriptor] as [string, StageDescriptor]] : [];
    });
  }

  /** A stage with its secrets beside its config, because whoever points to it sees that. */
  #apart(object: BlueprintObject): FlowVersion['attached'][string] {
    const stage = this.#compileStage(object);
    const secrets = this.#secretsOf(object, stage.config);
    const config = Object.fromEntries(Object.entries(stage.config).filter(([name]) => !Object.hasOwn(secrets, name)));
    return { ...stage, config, ...(Object.keys(secrets).length > 0 ? { secrets } : {}) };
  }

  /** The secrets in a stage's config, sealed. */
  #secretsOf(stage: BlueprintObject, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const names = secretFields(this.#contractOf(stage).config).filter((name) => Object.hasOwn(config, name));
    return Object.fromEntries(
      names.map((field) => [field, this.vault.seal({ object: stage.id, field }, config[field])]),
    );
  }

  #compileStage(stage: BlueprintObject): AttachedStage {
    const contract = this.#contractOf(stage);
    const slugs = this.#references(stage).flatMap(([field, id, { to }]) =>
      to === 'flow' ? [[field, this.#slugOf(id)]] : [],
    );
    const given = externalStageOf(stage)?.config ?? stage.values;
    const config = { ...contract.config.parse({ ...given, ...this.#inlined(stage) }), ...Object.fromEntries(slugs) };
    return { id: stage.id, name: String(stage.values['name']), kind: contract.kind, model: stage.model, config };
  }

  /** What a stage's parts and policies say, in the fields that name them. */
  #inlined(stage: BlueprintObject): Record<string, unknown[]> {
    const fields: Record<string, unknown[]> = {};
    for (const [field, id, { to, inlined }] of this.#references(stage)) {
      if (!inlined) continue;
      const said = to === 'policy' ? this.#conditions.describe(id) : { ...this.draft.get(id)?.values, id };
      fields[field] = [...(fields[field] ?? []), said];
    }
    return fields;
  }

  #slugOf(id: string): string {
    return String((this.draft.get(id) as BlueprintObject).values['slug']);
  }

  #stageOf(binding: BlueprintObject): BlueprintObject {
    return this.draft.get(String(binding.values['stage'])) as BlueprintObject;
  }

  #contractOf(stage: BlueprintObject): StageContract {
    const contract = externalStageOf(stage)?.contract ?? this.contracts.stages.get(stage.model);
    if (!contract) throw new BlueprintError(`${stage.model} is not a model of this installation`);
    return contract;
  }

  #references(object: BlueprintObject): [field: string, id: string, to: Reference][] {
    return referencesIn(this.draft.modelOf(object), object.values);
  }
}

/** SHA-256 of a document's canonical JSON: equal documents are one version. */
export const documentDigest = (document: FlowVersion): Buffer =>
  createHash('sha256').update(canonical(document)).digest();

const orderOf = ({ order }: JsonMap) => Number(order);

/** Bindings of equal order have an order too: that of their ids (docs/spec/policies.md#order). */
function byOrder(a: BlueprintObject, b: BlueprintObject): number {
  return orderOf(a.values) - orderOf(b.values) || (a.id < b.id ? -1 : 1);
}

/** Where the picture of a stored name is served (docs/spec/executor.md#envelope). */
function backgroundUrl(name: string | null): string | undefined {
  if (!name) return undefined;
  return name.startsWith('http') || name.startsWith('/static') ? name : MEDIA + name;
}
