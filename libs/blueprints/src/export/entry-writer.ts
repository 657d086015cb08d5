import { createHash } from 'node:crypto';
import { EXTERNAL_STAGE_MODEL, secretFields } from '@gatehouse/contracts';
import type { DirectoryStore } from '@gatehouse/directory';
import { BlueprintError } from '../blueprint-error.js';
import { builtInModels } from '../built-in-models.js';
import type { Draft } from '../draft.js';
import { externalStageModel } from '../external-stage.model.js';
import type { Json, JsonMap } from '../json.js';
import { type BlueprintObject, isDirectoryReference, type ObjectModel } from '../object-model.js';
import { secretPaths } from '../sealed-object-store.js';
import { type YamlMap, type YamlValue, yamlTag } from './yaml-value.js';

/** An entry of an exported blueprint. */
export interface ExportedEntry {
  readonly model: string;
  readonly id: string;
  readonly state?: 'created';
  readonly identifiers: YamlMap;
  readonly attrs: YamlMap;
}

const GROUP = 'authentik_core.group';
const USER = 'authentik_core.user';

/** Converts objects to entries. An object must be converted before the objects that refer to it. */
export class EntryWriter {
  /**
   * Entries for the users and groups that objects refer to. Applying the export leaves existing users and groups
   * unchanged.
   */
  readonly directory = new Map<string, ExportedEntry>();
  /** Names of the environment variables that `!Env` reads the secrets from. */
  readonly secrets = new Set<string>();
  readonly #ids = new Map<string, string>();
  /** Ends of variable names for the secret fields of external stages, such as `_AUTH_PASSWORD`. */
  readonly #externalEndings: readonly string[];

  constructor(
    private readonly draft: Draft,
    private readonly directoryStore: DirectoryStore,
  ) {
    const external = [...draft.objectsOf(EXTERNAL_STAGE_MODEL)];
    const paths = external.flatMap(({ values }) => secretPaths(externalStageModel, values));
    this.#externalEndings = paths.map(([, field = '']) => endingOf(field));
  }

  /** Converts an object. Throws BlueprintError when it refers to a deleted user or group. */
  async write(object: BlueprintObject): Promise<ExportedEntry> {
    const model = this.draft.modelOf(object) as ObjectModel;
    const { descriptor: _, ...values } = object.values;
    const fields = new Map<string, YamlValue>();
    for (const [field, value] of Object.entries(values)) fields.set(field, await this.#value(model, field, value));
    for (const path of secretPaths(model, object.values)) this.#replaceSecret(fields, path, object);
    const isKey = ([field]: [string, unknown]) => model.key.includes(field);
    return {
      model: model.name,
      id: this.#idFor(object.id, `${model.kind} ${this.draft.displayName(object)}`),
      identifiers: {
        // Bindings of equal order are sorted by id, so the id must be exported.
        ...(model.key.includes('order') ? { pk: object.id } : {}),
        ...Object.fromEntries([...fields].filter(isKey)),
      },
      attrs: Object.fromEntries([...fields].filter((field) => !isKey(field))),
    };
  }

  async #value(model: ObjectModel, field: string, value: Json): Promise<YamlValue> {
    const reference = model.references.get(field);
    if (!reference || value === null) return value;
    if (isDirectoryReference(reference)) return this.#directoryReference(reference.to, String(value));
    return Array.isArray(value) ? value.map((id) => this.#keyOf(String(id))) : this.#keyOf(String(value));
  }

  #keyOf(id: string): YamlValue {
    const entryId = this.#ids.get(id);
    if (entryId === undefined) throw new BlueprintError(`an object refers to ${id}, which is not part of the export`);
    return yamlTag('!KeyOf', entryId);
  }

  /** Assigns an object a unique entry `id`, made of its display name. */
  #idFor(id: string, readable: string): string {
    const base = readable
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const usedNames = new Set(this.#ids.values());
    let name = base;
    for (let n = 2; usedNames.has(name); n++) name = `${base}-${n}`;
    this.#ids.set(id, name);
    return name;
  }

  async #directoryReference(kind: string, id: string): Promise<YamlValue> {
    if (!this.directory.has(id)) this.directory.set(id, await this.#directoryEntry(kind, id));
    return this.#keyOf(id);
  }

  async #directoryEntry(kind: string, id: string): Promise<ExportedEntry> {
    const [group] = kind === 'group' ? await this.directoryStore.findGroups({ pk: id }) : [];
    const [user] = kind === 'user' ? await this.directoryStore.findUsers({ uuid: id }) : [];
    if (group) return this.#withId(id, group.name, { model: GROUP, identifiers: { name: group.name }, attrs: {} });
    // A user who is created when the export is applied must not be able to log in.
    const attrs = { name: user?.name || (user?.username ?? ''), is_active: false };
    if (user) return this.#withId(id, user.username, { model: USER, identifiers: { username: user.username }, attrs });
    throw new BlueprintError(
      `a policy binding refers to a deleted ${kind}, so it matches no user. Remove the binding, then export again`,
    );
  }

  #withId(id: string, name: string, entry: Pick<ExportedEntry, 'model' | 'identifiers' | 'attrs'>): ExportedEntry {
    const kind = entry.model === GROUP ? 'group' : 'user';
    return { ...entry, id: this.#idFor(id, `${kind} ${name}`), state: 'created' };
  }

  /** Replaces a secret that is not empty by an `!Env` tag. */
  #replaceSecret(
    fields: Map<string, YamlValue>,
    [field = '', ...deeper]: readonly string[],
    object: BlueprintObject,
  ): void {
    const value = fields.get(field);
    const [inner] = deeper;
    const secret = inner === undefined ? value : (value as JsonMap | undefined)?.[inner];
    if (secret === undefined || secret === null || secret === '') return;
    const placeholder = yamlTag('!Env', this.#variableFor(object, inner ?? field));
    fields.set(field, inner === undefined ? placeholder : { ...(value as YamlMap), [inner]: placeholder });
  }

  /**
   * Returns the name of the environment variable of a secret. The name is the same in every export, and no other secret
   * has it. The name does not begin with a digit, because shells do not accept that. It ends with a hash if the
   * object's name cannot be derived from it, or if it could be the variable of another secret.
   */
  #variableFor(object: BlueprintObject, field: string): string {
    const name = this.draft.displayName(object);
    const base = spelled(`${name} ${field}`).replace(/^(?=\d)/, '_');
    const isUnique = SPELLED_NAME.test(name) && !this.#isAmbiguous(object, field, base) && !this.secrets.has(base);
    const variable = isUnique ? base : `${base}_${hashOf([object.model, name, field])}`;
    this.secrets.add(variable);
    return variable;
  }

  /**
   * Returns whether a variable also ends with the name of a longer secret field: `password` of `sms-auth` could be
   * `auth_password` of `sms`. If one of the two is a built-in stage, only the variable of the external stage counts as
   * ambiguous, so that adding or removing an external stage changes no other variable.
   */
  #isAmbiguous({ model }: BlueprintObject, field: string, variable: string): boolean {
    const { length } = endingOf(field);
    const isLonger = (ending: string) => ending.length > length && variable.endsWith(ending);
    if (BUILT_IN_ENDINGS.some(isLonger)) return true;
    if (model !== EXTERNAL_STAGE_MODEL) return false;
    const isShorter = (ending: string) => ending.length < length && variable.endsWith(ending);
    return BUILT_IN_ENDINGS.some(isShorter) || this.#externalEndings.some(isLonger);
  }
}

/** Matches object names that can be derived from the name of an environment variable: `A_B` gives `a-b`. */
const SPELLED_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const spelled = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]+/g, '_');

const endingOf = (field: string): string => `_${spelled(field)}`;

const BUILT_IN_ENDINGS = builtInModels.flatMap(({ schema }) => secretFields(schema)).map(endingOf);

const hashOf = (values: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 8).toUpperCase();
