import {
  EXTERNAL_STAGE_MODEL,
  entryFault,
  fieldOrder,
  judgeStage,
  type StageDescriptor,
  stageDescriptor,
} from '@gatehouse/contracts';
import { type Collection, type FoundObject, type SaveResult, ValidationError, validate } from './collection.js';
import type { Draft } from './draft.js';
import { externalStageModel, externalStageSchema, trustsProof } from './external-stage.model.js';
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
    const entry = validate(externalStageSchema, { ...before?.values, ...entryValues });
    const { kind } = entry;
    const judged = { ...entry, trusted: this.externalStages.trusts(kind) };
    const verdict = await judgeStage(judged, (asked) => this.externalStages.describe(asked));
    if (verdict.fault) throw ValidationError.field(verdict.fault.field, verdict.fault.text);
    const descriptor = withOrder(verdict.descriptor);
    const sameKind = this.#othersOfKind(kind, before?.id);
    for (const other of sameKind) rejectEntry(descriptor, other);
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
}

/**
 * Returns the descriptor with lists that store the order of its fields, because Postgres does not keep the order of
 * JSON members. If the lists would exceed a limit, returns the descriptor without them.
 */
function withOrder(descriptor: StageDescriptor): StageDescriptor {
  const ordered = { ...descriptor, page: { ...fieldOrder(descriptor), ...descriptor.page } };
  return stageDescriptor.safeParse(ordered).success ? ordered : descriptor;
}

/** Throws ValidationError when a descriptor does not allow the entry of another stage of its kind. */
function rejectEntry(descriptor: StageDescriptor, { values }: BlueprintObject): void {
  const fault = entryFault(descriptor, { config: values['config'], trusts_proof: trustsProof(values) });
  if (!fault) return;
  const text = `the new descriptor does not allow the ${fault.field} of the stage ${String(values['name'])}: ${fault.text}`;
  throw ValidationError.field('kind', text);
}
