import { BlueprintError, placed } from './blueprint-error.js';
import { type Collection, type Found, Invalid } from './collection.js';
import type { BlueprintDocument, Entry } from './document.js';
import { deepMerge, isMap, isTruthy, type Json, type JsonMap } from './json.js';
import type { Change, FileReport } from './report.js';
import { Budget, type Pk, resolve, resolveMap, type Scope, type Written, type WrittenMap } from './written.js';

const STATES = ['present', 'created', 'must_created', 'absent'] as const;
type State = (typeof STATES)[number];

/** What a blueprint is applied to. */
export interface Surroundings {
  /** What there is, by model in lower case. */
  readonly collections: ReadonlyMap<string, Collection>;
  readonly env: Scope['env'];
  /** Values for `!Context`, over those of the file. */
  readonly context: WrittenMap;
}

/** An entry with its tags resolved. */
interface Resolved {
  readonly model: string;
  readonly state: State;
  readonly identifiers: JsonMap;
  readonly attrs: JsonMap;
}

/** Context that every blueprint has (01-executor §9.1). */
const BUILT_IN = { 'goauthentik.io/enterprise/licensed': false };

/** One run of one blueprint: applies its entries in order (01-executor §9.4). Throws BlueprintError at the first bad one. */
export class Applier {
  readonly #ids = new Map<string, Pk>();
  /** The real pk of objects whose entry names another one. */
  readonly #aliases = new Map<Json, Pk>();
  readonly #warnings: string[] = [];
  readonly #scope: Scope;

  constructor(
    private readonly document: BlueprintDocument,
    private readonly surroundings: Surroundings,
  ) {
    this.#scope = {
      env: surroundings.env,
      context: deepMerge<Written>([BUILT_IN, document.context, surroundings.context]),
      open: new Set(),
      items: [],
      budget: new Budget(),
      keyOf: (id) => this.#ids.get(id),
      find: async (model, fields) => (await this.#collection(model).find(fields))?.pk,
    };
  }

  async run(): Promise<FileReport> {
    const { file, entries } = this.document;
    const changes: Change[] = [];
    for (const entry of entries) {
      try {
        changes.push(await this.#apply(entry));
      } catch (error) {
        throw placed(explained(error, entry), { file, line: entry.line, entry: entry.place });
      }
    }
    return { file, changes, warnings: this.#warnings };
  }

  async #apply(entry: Entry): Promise<Change> {
    for (const condition of entry.conditions) {
      if (!isTruthy(await resolve(condition, this.#scope))) return skipped(entry);
    }
    const { model, state, identifiers, attrs } = await this.#resolve(entry);
    const collection = this.#collection(model);
    if (Object.keys(identifiers).length === 0 && !collection.nameless) {
      throw new BlueprintError('No or invalid identifiers');
    }
    const existing = await collection.find(identifiers);
    if (state === 'absent') return { model, ...(await this.#remove(collection, existing)) };
    if (state === 'must_created' && existing) throw new BlueprintError(`${existing.name} exists already`);
    const given = deepMerge([attrs, identifiers]);
    this.#warn(entry, Object.keys(given), collection);
    const save = await collection.check(given, existing);
    const saved = state === 'created' && existing ? { ...existing, outcome: 'left' as const } : await save();
    if (saved.pk !== undefined) this.#remember(entry, identifiers, saved.pk);
    return { outcome: saved.outcome, model, name: saved.name };
  }

  async #resolve(entry: Entry): Promise<Resolved> {
    const model = String(await resolve(entry.model, this.#scope)).toLowerCase();
    const state = String(await resolve(entry.state, this.#scope));
    if (!isState(state)) throw new BlueprintError(`must be one of ${STATES.join(', ')}`, { field: 'state' });
    const identifiers = this.#replaceAliases(await resolveMap(entry.identifiers, this.#scope));
    const attrs = this.#replaceAliases(await resolveMap(entry.attrs, this.#scope));
    return { model, state, identifiers, attrs };
  }

  #collection(model: string): Collection {
    const collection = this.surroundings.collections.get(model.toLowerCase());
    if (!collection) throw new BlueprintError(`${model} is not a model of this installation`);
    return collection;
  }

  #warn({ place, permissions }: Entry, given: readonly string[], { fields }: Collection): void {
    const unknown = given.filter((field) => field !== 'pk' && !fields.has(field));
    const subject = `entry ${place.number}${place.model ? ` (${place.model})` : ''}`;
    for (const field of unknown) this.#warnings.push(`${subject}: ${field} is ignored, the model has no such field`);
    if (permissions.length > 0) this.#warnings.push(`${subject}: permissions are ignored`);
  }

  #remember({ id }: Entry, { pk }: JsonMap, real: Pk): void {
    if (id !== undefined && !this.#ids.has(id)) this.#ids.set(id, real);
    if (pk !== undefined && pk !== real) this.#aliases.set(pk, real);
  }

  /** What is gone has no pk any more, whichever entries had it. */
  async #remove(collection: Collection, existing: Found | undefined): Promise<Pick<Change, 'outcome' | 'name'>> {
    if (!existing) return { outcome: 'left', name: '' };
    await collection.remove(existing);
    for (const [id, pk] of this.#ids) if (pk === existing.pk) this.#ids.delete(id);
    return { outcome: 'removed', name: existing.name };
  }

  /** A pk that an earlier entry claimed stands for the object which that entry found (01-executor §9.2). */
  #replaceAliases(values: JsonMap, depth = 0): JsonMap {
    if (this.#aliases.size === 0) return values;
    const replace = (value: Json): Json => this.#aliases.get(value) ?? value;
    const within = (value: Json): Json => {
      if (depth > 0) return replace(value);
      if (Array.isArray(value)) return value.map(replace);
      return isMap(value) ? this.#replaceAliases(value as JsonMap, depth + 1) : replace(value);
    };
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, within(value)]));
  }
}

const isState = (state: string): state is State => (STATES as readonly string[]).includes(state);

/** Nothing of it is resolved, so its model is told as it is written. */
const skipped = ({ place: { model = '' } }: Entry): Change => ({ outcome: 'skipped', model, name: '' });

/** What a model refuses, said of the field where it stands. */
function explained(error: unknown, entry: Entry): unknown {
  if (!(error instanceof Invalid)) return error;
  const { field, text } = error.first;
  return new BlueprintError(
    text,
    { field, line: field === undefined ? undefined : entry.lineOf(field) },
    { cause: error },
  );
}
