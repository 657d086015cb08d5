import type { DirectoryStore } from '@gatehouse/directory';
import { BlueprintError } from '../blueprint-error.js';
import type { Draft } from '../draft.js';
import type { Json, JsonMap } from '../json.js';
import { type BlueprintObject, isDirectoryReference, type ObjectModel } from '../object-model.js';
import { secretPaths } from '../sealed-object-store.js';
import { type YamlMap, type YamlValue, yamlTag } from './yaml-value.js';

/** An entry as it is written. */
export interface ExportedEntry {
  readonly model: string;
  readonly id: string;
  readonly state?: 'created';
  readonly identifiers: YamlMap;
  readonly attrs: YamlMap;
}

const GROUP = 'authentik_core.group';
const USER = 'authentik_core.user';

/** Writes objects as entries; each can be referred to once it was written. */
export class EntryWriter {
  /** People and groups that entries refer to: taken as they are, and made when they are not there. */
  readonly directory = new Map<string, ExportedEntry>();
  /** Variables of the environment that hold the secrets. */
  readonly secrets = new Set<string>();
  readonly #ids = new Map<string, string>();

  constructor(
    private readonly draft: Draft,
    private readonly register: DirectoryStore,
  ) {}

  /** Throws BlueprintError for an object that names somebody who is gone. */
  async write(object: BlueprintObject): Promise<ExportedEntry> {
    const model = this.draft.modelOf(object) as ObjectModel;
    const { descriptor: _, ...values } = object.values;
    const written = new Map<string, YamlValue>();
    for (const [field, value] of Object.entries(values)) written.set(field, await this.#value(model, field, value));
    for (const path of secretPaths(model, object.values)) this.#hide(written, path, object);
    const isKey = ([field]: [string, unknown]) => model.key.includes(field);
    return {
      model: model.name,
      id: this.#idFor(object.id, `${model.kind} ${this.draft.readable(object)}`),
      identifiers: {
        // Where two have the same order their ids decide.
        ...(model.key.includes('order') ? { pk: object.id } : {}),
        ...Object.fromEntries([...written].filter(isKey)),
      },
      attrs: Object.fromEntries([...written].filter((field) => !isKey(field))),
    };
  }

  async #value(model: ObjectModel, field: string, value: Json): Promise<YamlValue> {
    const reference = model.references.get(field);
    if (!reference || value === null) return value;
    if (isDirectoryReference(reference)) return this.#foreign(reference.to, String(value));
    return Array.isArray(value) ? value.map((id) => this.#keyOf(String(id))) : this.#keyOf(String(value));
  }

  #keyOf(id: string): YamlValue {
    const known = this.#ids.get(id);
    if (known === undefined) throw new BlueprintError(`something refers to ${id}, which is not there`);
    return yamlTag('!KeyOf', known);
  }

  /** A name that stands for an object in the file. */
  #idFor(id: string, readable: string): string {
    const base = readable
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const taken = new Set(this.#ids.values());
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
    this.#ids.set(id, name);
    return name;
  }

  async #foreign(kind: string, id: string): Promise<YamlValue> {
    if (!this.directory.has(id)) this.directory.set(id, await this.#person(kind, id));
    return this.#keyOf(id);
  }

  async #person(kind: string, id: string): Promise<ExportedEntry> {
    const [group] = kind === 'group' ? await this.register.findGroups({ pk: id }) : [];
    const [user] = kind === 'user' ? await this.register.findUsers({ uuid: id }) : [];
    if (group) return this.#registered(id, group.name, { model: GROUP, identifiers: { name: group.name }, attrs: {} });
    // Somebody who is not there yet shall not be able to log in by that.
    const attrs = { name: user?.name ?? '', is_active: false };
    if (user)
      return this.#registered(id, user.username, { model: USER, identifiers: { username: user.username }, attrs });
    throw new BlueprintError(`a condition names a ${kind} who is gone: remove it, it fits nobody`);
  }

  #registered(id: string, name: string, entry: Pick<ExportedEntry, 'model' | 'identifiers' | 'attrs'>): ExportedEntry {
    const kind = entry.model === GROUP ? 'group' : 'user';
    return { ...entry, id: this.#idFor(id, `${kind} ${name}`), state: 'created' };
  }

  /** A secret that is set is left to the environment. */
  #hide(written: Map<string, YamlValue>, [field = '', ...deeper]: readonly string[], object: BlueprintObject): void {
    const value = written.get(field);
    const [inner] = deeper;
    const held = inner === undefined ? value : (value as JsonMap | undefined)?.[inner];
    if (held === undefined || held === null || held === '') return;
    const variable = `${this.draft.readable(object)} ${inner ?? field}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    this.secrets.add(variable);
    const placeholder = yamlTag('!Env', variable);
    written.set(field, inner === undefined ? placeholder : { ...(value as YamlMap), [inner]: placeholder });
  }
}
