import {
  EXTERNAL_STAGE_MODEL,
  externalDescriptorErrors,
  fromDescriptor,
  isExternalKind,
  Problem,
  privilegesClaimed,
  type StageDescriptor,
  stageDescriptor,
} from '@gatehouse/contracts';
import type { z } from 'zod';
import { type Collection, type FoundObject, type SaveResult, ValidationError, validate } from './collection.js';
import type { Draft } from './draft.js';
import { externalStageModel, externalStageSchema } from './external-stage.model.js';
import type { JsonMap } from './json.js';
import { ObjectCollection } from './object-collection.js';
import type { BlueprintObject } from './object-model.js';
import type { ExternalStages } from './strangers.js';

/**
 * Stages of others: each is asked what it is when it is applied, and held to that from then on
 * (docs/spec/bus-protocol.md#external-stages).
 */
export class ExternalStageCollection implements Collection<FoundObject> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(externalStageSchema.shape));
  readonly #objects: ObjectCollection;

  constructor(
    private readonly draft: Draft,
    private readonly strangers: ExternalStages,
  ) {
    this.#objects = new ObjectCollection(externalStageModel, draft);
  }

  find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    return this.#objects.find(identifiers);
  }

  async check(given: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const before = existing && this.draft.get(String(existing.pk));
    const { kind, config } = validate(externalStageSchema, { ...before?.values, ...given });
    const descriptor = await this.#describe(kind);
    refuseConfig(descriptor, config);
    const others = this.#others(kind, before?.id);
    for (const { values } of others) refuseConfig(descriptor, values['config'], String(values['name']));
    const save = await this.#objects.check({ ...given, kind, descriptor: descriptor as JsonMap }, existing);
    return async () => {
      for (const other of others)
        this.draft.put({ ...other, values: { ...other.values, descriptor: descriptor as JsonMap } });
      return save();
    };
  }

  remove(found: FoundObject): Promise<void> {
    return this.#objects.remove(found);
  }

  /** The other stages of a kind; one service serves them all, so they learn of its new promise too. */
  #others(kind: string, id: string | undefined): BlueprintObject[] {
    return [...this.draft.of(EXTERNAL_STAGE_MODEL)].filter((other) => other.values['kind'] === kind && other.id !== id);
  }

  async #describe(kind: string): Promise<StageDescriptor> {
    if (!isExternalKind(kind)) throw ValidationError.field('kind', `${kind} is not x_<vendor>_<name>.`);
    const parsed = stageDescriptor.safeParse(await this.#ask(kind));
    if (!parsed.success)
      throw ValidationError.field('kind', `What ${kind} says of itself is not understood: ${inOneLine(parsed.error)}`);
    const faults = [
      ...(parsed.data.kind === kind ? [] : [`it calls itself ${parsed.data.kind}`]),
      ...externalDescriptorErrors(parsed.data),
      ...(this.strangers.trusts(kind)
        ? []
        : privilegesClaimed(parsed.data).map((liberty) => `${liberty} (TRUSTED_STAGES)`)),
    ];
    if (faults.length === 0) return parsed.data;
    throw ValidationError.field('kind', `${kind} claims what it may not have: ${faults.join('; ')}.`);
  }

  async #ask(kind: string): Promise<unknown> {
    try {
      return await this.strangers.describe(kind);
    } catch (error) {
      if (error instanceof Problem) throw ValidationError.field('kind', error.message);
      throw error;
    }
  }
}

/** Throws Invalid for a config that a descriptor does not allow, its own or that of another stage of the kind. */
function refuseConfig(descriptor: StageDescriptor, config: unknown, otherStage?: string): void {
  const parsed = fromDescriptor(descriptor).config.strict().safeParse(config);
  if (parsed.success) return;
  const wrong = inOneLine(parsed.error);
  if (otherStage === undefined) throw ValidationError.field('config', wrong);
  throw ValidationError.field('kind', `the config of ${otherStage} would not fit any more: ${wrong}`);
}

const inOneLine = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [...path.map(String), message].join(': ')).join('; ');
