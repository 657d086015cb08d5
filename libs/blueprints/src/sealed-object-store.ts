import { EXTERNAL_STAGE_MODEL, fromDescriptor, secretFields, stageDescriptor } from '@gatehouse/contracts';
import type { SecretBox } from '@gatehouse/platform';
import { isMap, type Json, type JsonMap } from './json.js';
import type { ObjectModel } from './object-model.js';
import { ObjectStore, type StoredObject } from './object-store.js';

/** What becomes of one secret. */
type Change = (field: string, value: Json) => unknown;

/** Objects whose secrets are sealed where they are kept, and open here. */
export class SealedObjectStore extends ObjectStore {
  /** Those that a save would seal otherwise, such as under a newer key. */
  readonly stale = new Set<string>();
  readonly #secrets: ReadonlyMap<string, readonly string[]>;

  constructor(
    private readonly kept: ObjectStore,
    private readonly vault: SecretBox,
    models: readonly ObjectModel[],
  ) {
    super();
    this.#secrets = new Map(models.map(({ name, schema }) => [name, secretFields(schema)]));
  }

  async loadAll(): Promise<StoredObject[]> {
    const objects = await this.kept.loadAll();
    return objects.map((object) =>
      this.#changed(object, (field, value) => {
        if (this.vault.isStale(value)) this.stale.add(object.id);
        return this.vault.open({ object: object.id, field }, value);
      }),
    );
  }

  async save(objects: readonly StoredObject[]): Promise<void> {
    await this.kept.save(
      objects.map((object) =>
        this.#changed(object, (field, value) => this.vault.seal({ object: object.id, field }, value)),
      ),
    );
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.kept.remove(ids);
  }

  #changed(object: StoredObject, change: Change): StoredObject {
    const attrs = changedIn(object.attrs, this.#secrets.get(object.model) ?? [], change);
    const { config, descriptor } = attrs;
    if (object.model !== EXTERNAL_STAGE_MODEL || !isMap(config)) return { ...object, attrs };
    const inner = changedIn(config as JsonMap, externalStageSecrets(descriptor), change);
    return { ...object, attrs: { ...attrs, config: inner } };
  }
}

const changedIn = (values: JsonMap, fields: readonly string[], change: Change): JsonMap =>
  ({
    ...values,
    ...Object.fromEntries(
      fields
        .filter((field) => Object.hasOwn(values, field))
        .map((field) => [field, change(field, values[field] as Json)]),
    ),
  }) as JsonMap;

/** The paths of the secrets among an object's values. */
export function secretPaths(model: ObjectModel, values: JsonMap): string[][] {
  const own = secretFields(model.schema).map((field) => [field]);
  const isStranger = model.name === EXTERNAL_STAGE_MODEL;
  return isStranger ? externalStageSecrets(values['descriptor']).map((field) => ['config', field]) : own;
}

/** What the stage of somebody else's has said is secret in its config. */
const externalStageSecrets = (descriptor: unknown): readonly string[] =>
  secretFields(fromDescriptor(stageDescriptor.parse(descriptor)).config);
