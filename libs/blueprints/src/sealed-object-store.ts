import { EXTERNAL_STAGE_MODEL, fromDescriptor, secretFields, stageDescriptor } from '@gatehouse/contracts';
import type { SecretBox } from '@gatehouse/platform';
import { isMap, type Json, type JsonMap } from './json.js';
import type { ObjectModel } from './object-model.js';
import { ObjectStore, type StoredObject } from './object-store.js';

/** Seals or opens one secret field. */
type SecretConversion = (field: string, value: Json) => unknown;

/** Seals the secrets of objects when they are saved, and opens them when they are loaded. */
export class SealedObjectStore extends ObjectStore {
  /** Ids of loaded objects with secrets that are not sealed with the current key. */
  readonly staleIds = new Set<string>();
  readonly #secrets: ReadonlyMap<string, readonly string[]>;

  constructor(
    private readonly store: ObjectStore,
    private readonly secretBox: SecretBox,
    models: readonly ObjectModel[],
  ) {
    super();
    this.#secrets = new Map(models.map(({ name, schema }) => [name, secretFields(schema)]));
  }

  async loadAll(): Promise<StoredObject[]> {
    const objects = await this.store.loadAll();
    return objects.map((object) =>
      this.#converted(object, (field, value) => {
        if (this.secretBox.isStale(value)) this.staleIds.add(object.id);
        return this.secretBox.open({ object: object.id, field }, value);
      }),
    );
  }

  async save(objects: readonly StoredObject[]): Promise<void> {
    await this.store.save(
      objects.map((object) =>
        this.#converted(object, (field, value) => this.secretBox.seal({ object: object.id, field }, value)),
      ),
    );
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.store.remove(ids);
  }

  #converted(object: StoredObject, convert: SecretConversion): StoredObject {
    const attrs = convertedIn(object.attrs, this.#secrets.get(object.model) ?? [], convert);
    const { config, descriptor } = attrs;
    if (object.model !== EXTERNAL_STAGE_MODEL || !isMap(config)) return { ...object, attrs };
    const inner = convertedIn(config as JsonMap, externalStageSecrets(descriptor), convert);
    return { ...object, attrs: { ...attrs, config: inner } };
  }
}

const convertedIn = (values: JsonMap, fields: readonly string[], convert: SecretConversion): JsonMap =>
  ({
    ...values,
    ...Object.fromEntries(
      fields
        .filter((field) => Object.hasOwn(values, field))
        .map((field) => [field, convert(field, values[field] as Json)]),
    ),
  }) as JsonMap;

/** Returns the paths of the secrets in an object's values. */
export function secretPaths(model: ObjectModel, values: JsonMap): string[][] {
  const own = secretFields(model.schema).map((field) => [field]);
  const isExternal = model.name === EXTERNAL_STAGE_MODEL;
  return isExternal ? externalStageSecrets(values['descriptor']).map((field) => ['config', field]) : own;
}

/** Returns the config fields that an external stage's descriptor declares as secret. */
const externalStageSecrets = (descriptor: unknown): readonly string[] =>
  secretFields(fromDescriptor(stageDescriptor.parse(descriptor)).config);
