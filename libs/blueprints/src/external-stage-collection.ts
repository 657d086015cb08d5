import {
  EXTERNAL_STAGE_MODEL,
  externalDescriptorErrors,
  fieldOrder,
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

/** Access to external stages: their descriptors, and which of them the operator trusts. */
export interface ExternalStages {
  /** Returns the unvalidated descriptor of a stage. Throws a Problem when the stage does not reply. */
  describe(kind: string): Promise<unknown>;
  /** Returns whether the operator trusts the stage with privileges, such as logging a user in (`TRUSTED_STAGES`). */
  trusts(kind: string): boolean;
}

/**
 * External stages. Applying a blueprint fetches the descriptor of each stage over the bus, and stores it with the stage
 * (docs/spec/bus-protocol.md#external-stages).
 */
export class ExternalStageCollection implements Collection<FoundObject> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(externalStageSchema.shape));
  readonly #objects: ObjectCollection;

  constructor(
    private readonly draft: Draft,
    private readonly externalStages: ExternalStages,
  ) {
    this.#objects = new ObjectCollection(externalStageModel, draft);
  }

  find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    return this.#objects.find(identifiers);
  }

  async check(entryValues: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const before = existing && this.draft.get(String(existing.pk));
    const { kind, config } = validate(externalStageSchema, { ...before?.values, ...entryValues });
    const descriptor = await this.#describe(kind);
    rejectConfig(descriptor, config);
    const sameKind = this.#othersOfKind(kind, before?.id);
    for (const { values } of sameKind) rejectConfig(descriptor, values['config'], String(values['name']));
    const save = await this.#objects.check({ ...entryValues, kind, descriptor: descriptor as JsonMap }, existing);
    return async () => {
      for (const other of sameKind)
        this.draft.put({ ...other, values: { ...other.values, descriptor: descriptor as JsonMap } });
      return save();
    };
  }

  remove(found: FoundObject): Promise<void> {
    return this.#objects.remove(found);
  }

  /**
   * Returns the other stages of a kind. One service serves all stages of a kind, so the other stages get its new
   * descriptor too.
   */
  #othersOfKind(kind: string, id: string | undefined): BlueprintObject[] {
    return [...this.draft.objectsOf(EXTERNAL_STAGE_MODEL)].filter(
      (other) => other.values['kind'] === kind && other.id !== id,
    );
  }

  async #describe(kind: string): Promise<StageDescriptor> {
    if (!isExternalKind(kind)) throw ValidationError.field('kind', `${kind} is not of the form x_<vendor>_<name>.`);
    const parsed = stageDescriptor.safeParse(await this.#ask(kind));
    if (!parsed.success)
      throw ValidationError.field('kind', `The descriptor of ${kind} is invalid: ${inOneLine(parsed.error)}`);
    const violations = [
      ...(parsed.data.kind === kind ? [] : [`it describes the kind ${parsed.data.kind}`]),
      ...externalDescriptorErrors(parsed.data),
      ...(this.externalStages.trusts(kind)
        ? []
        : privilegesClaimed(parsed.data).map(
            (privilege) => `${privilege} (list the kind in TRUSTED_STAGES to allow it)`,
          )),
    ];
    if (violations.length === 0) return withOrder(parsed.data);
    throw ValidationError.field('kind', `The descriptor of ${kind} is not allowed: ${violations.join('; ')}.`);
  }

  async #ask(kind: string): Promise<unknown> {
    try {
      return await this.externalStages.describe(kind);
    } catch (error) {
      if (error instanceof Problem) throw ValidationError.field('kind', error.message);
      throw error;
    }
  }
}

/** Returns the descriptor with the order of its fields in lists, because Postgres does not keep the order of members. */
const withOrder = (descriptor: StageDescriptor): StageDescriptor => ({
  ...descriptor,
  page: { ...fieldOrder(descriptor), ...descriptor.page },
});

/**
 * Throws ValidationError when a config does not match the descriptor. `otherStage` is the name of the stored stage
 * that has the config, and undefined for the config in the entry.
 */
function rejectConfig(descriptor: StageDescriptor, config: unknown, otherStage?: string): void {
  const parsed = fromDescriptor(descriptor).config.strict().safeParse(config);
  if (parsed.success) return;
  const reasons = inOneLine(parsed.error);
  if (otherStage === undefined) throw ValidationError.field('config', reasons);
  throw ValidationError.field(
    'kind',
    `the new descriptor does not allow the config of the stage ${otherStage}: ${reasons}`,
  );
}

const inOneLine = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [...path.map(String), message].join(': ')).join('; ');
