import { BlueprintError, placed } from './blueprint-error.js';
import { type Collection, type Found, Invalid } from './collection.js';
import type { BlueprintDocument, Entry } from './document.js';
import { isElsewhere } from './elsewhere.js';
import { deepMerge, isMap, isTruthy, type Json, type JsonMap } from './json.js';
import { LeftOut } from './left-out.js';
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
  /** Whether a model that is not here is refused, also one that no login depends on. */
  readonly strict: boolean;
}

/** An entry with its tags resolved. */
interface Resolved {
  readonly state: State;
  readonly identifiers: JsonMap;
  readonly attrs: JsonMap;
}

/** Context that every blueprint has (01-executor §9.1). */
const BUILT_IN = { 'goauthentik.io/enterprise/licensed': false, 'goauthentik.io/rbac/models': {} };

const NO_SUCH_MODEL = 'there is no such model here';

/** One run of one blueprint: applies its entries in order (01-executor §9.4). Throws BlueprintError at the first bad one. */
export class Applier {
  readonly #ids = new Map<string, Pk>();
  /** The real pk of objects whose entry names another one. */
  readonly #aliases = new Map<Json, Pk>();
  readonly #warnings: string[] = [];
  readonly #leftOut = new LeftOut();
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
      find: async (model, fields) =>
        this.#isLeftOut(model.toLowerCase()) ? undefined : (await this.#collection(model).find(fields))?.pk,
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
    const model = String(await resolve(entry.model, this.#scope)).toLowerCase();
    if (this.#isLeftOut(model)) return this.#leaveOut(entry, model, NO_SUCH_MODEL);
    return this.#applyTo(model, entry);
  }

  async #applyTo(model: string, entry: Entry): Promise<Change> {
    const { state, identifiers, attrs } = await this.#resolve(entry);
    const beyond = this.#leftOut.nameIn(identifiers);
    if (beyond !== undefined) return this.#leaveOut(entry, model, `it is about ${beyond}, which is left out`);
    const collection = this.#collection(model);
    if (Object.keys(identifiers).length === 0 && !collection.nameless) {
      throw new BlueprintError('No or invalid identifiers');
    }
    const existing = await collection.find(identifiers);
    if (state === 'absent') return { model, ...(await this.#remove(collection, existing)) };
    if (state === 'must_created' && existing) throw new BlueprintError(`${existing.name} exists already`);
    this.#warn(entry, deepMerge([attrs, identifiers]), collection);
    const given = deepMerge([this.#leftOut.without(attrs), identifiers]);
    const save = await collection.check(given, existing).catch((error: unknown) => this.#excused(error, attrs));
    if (typeof save === 'string') return this.#leaveOut(entry, model, `it needs ${save}, which is left out`);
    const saved = state === 'created' && existing ? { ...existing, outcome: 'left' as const } : await save();
    if (saved.pk !== undefined) this.#remember(entry, identifiers, saved.pk);
    return { outcome: saved.outcome, model, name: saved.name };
  }

  async #resolve(entry: Entry): Promise<Resolved> {
    const state = String(await resolve(entry.state, this.#scope));
    if (!isState(state)) throw new BlueprintError(`must be one of ${STATES.join(', ')}`, { field: 'state' });
    const identifiers = this.#replaceAliases(await resolveMap(entry.identifiers, this.#scope));
    const attrs = this.#replaceAliases(await resolveMap(entry.attrs, this.#scope));
    return { state, identifiers, attrs };
  }

  #collection(model: string): Collection {
    const collection = this.surroundings.collections.get(model.toLowerCase());
    if (!collection) throw new BlueprintError(`${model} is not a model of this installation`);
    return collection;
  }

  #isLeftOut(model: string): boolean {
    return !this.surroundings.strict && !this.surroundings.collections.has(model) && isElsewhere(model);
  }

  /** Others may go on to refer to it. */
  #leaveOut(entry: Entry, model: string, why: string): Change {
    const { pk, claimed } = this.#leftOut.add(entry, model);
    this.#remember(entry, claimed === undefined ? {} : { pk: claimed }, pk);
    return { outcome: 'skipped', model, name: entry.place.id ?? '', why };
  }

  /** The name of what an object lacks only because that is left out. Throws any other error. */
  #excused(error: unknown, attrs: JsonMap): string {
    const { field = '' } = error instanceof Invalid ? error.first : {};
    const name = this.#leftOut.nameIn(attrs[field] ?? null);
    if (name === undefined) throw error;
    return name;
  }

  #warn({ place, permissions }: Entry, given: JsonMap, { fields }: Collection): void {
    const unknown = Object.keys(given).filter((field) => field !== 'pk' && !fields.has(field));
    const subject = `entry ${place.number}${place.model ? ` (${place.model})` : ''}`;
    for (const field of unknown) this.#warnings.push(`${subject}: ${field} is ignored, the model has no such field`);
    for (const field of fields) {
      const name = this.#leftOut.nameIn(given[field] ?? null);
      if (name !== undefined) this.#warnings.push(`${subject}: ${field} goes without ${name}, which is left out`);
    }
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
