import { BlueprintError, withLocation } from './blueprint-error.js';
import { type Collection, ExpressionSyntaxError, type FoundObject, ValidationError } from './collection.js';
import type { BlueprintDocument, Entry } from './document.js';
import { isIgnorableModel } from './ignorable-models.js';
import { deepMerge, isMap, isTruthy, type Json, type JsonMap } from './json.js';
import type { EntryChange, FileReport } from './report.js';
import { SkippedEntries } from './skipped-entries.js';
import {
  type Pk,
  ResolutionBudget,
  type ResolutionScope,
  resolve,
  resolveMap,
  type TaggedMap,
  type TaggedValue,
} from './tagged-value.js';

const STATES = ['present', 'created', 'must_created', 'absent'] as const;
type State = (typeof STATES)[number];

/** What is ignored of an entry. */
export interface EntryWarning {
  readonly rule: 'unknown-field' | 'left-out' | 'permissions' | 'bad-expression';
  readonly field?: string;
  readonly text: string;
}

/** An entry, and the file that it is in. */
export interface EntryOrigin {
  readonly file: string;
  readonly entry: Entry;
}

/** Whoever wants to know of everything that is wrong, rather than of the first. */
export interface ApplyObserver {
  saved(origin: EntryOrigin, model: string, pk: Pk): void;
  noticed(origin: EntryOrigin, notice: EntryWarning): void;
  /** Answers the pk that stands from now on for what the entry would have made. */
  failed(origin: EntryOrigin, error: BlueprintError): Pk;
  /** The pk of an object that is not there and may be elsewhere. */
  assumed(origin: EntryOrigin, model: string, fields: JsonMap): Pk;
}

/** What a blueprint is applied to. */
export interface ApplyContext {
  /** What there is, by model in lower case. */
  readonly collections: ReadonlyMap<string, Collection>;
  readonly env: ResolutionScope['env'];
  /** Values for `!Context`, over those of the file. */
  readonly context: TaggedMap;
  /** Whether a model that is not here is refused, also one that no login depends on. */
  readonly strict: boolean;
  readonly observer?: ApplyObserver;
}

/** An entry with its tags resolved. */
interface ResolvedEntry {
  readonly state: State;
  readonly identifiers: JsonMap;
  readonly attrs: JsonMap;
}

/** Context that every blueprint has (docs/spec/blueprints.md#document). */
const BUILT_IN = { 'goauthentik.io/enterprise/licensed': false, 'goauthentik.io/rbac/models': {} };

const NO_SUCH_MODEL = 'there is no such model here';

/**
 * One run of one blueprint: applies its entries in order (docs/spec/blueprints.md#applying). Throws BlueprintError at
 * the first bad one.
 */
export class Applier {
  readonly #ids = new Map<string, Pk>();
  /** The real pk of objects whose entry names another one. */
  readonly #aliases = new Map<Json, Pk>();
  readonly #warnings: string[] = [];
  readonly #leftOut = new SkippedEntries();
  /** The one that is being applied. */
  #entry: Entry | undefined;
  readonly #scope: ResolutionScope;

  constructor(
    private readonly document: BlueprintDocument,
    private readonly surroundings: ApplyContext,
  ) {
    this.#scope = {
      env: surroundings.env,
      context: deepMerge<TaggedValue>([BUILT_IN, document.context, surroundings.context]),
      open: new Set(),
      items: [],
      budget: new ResolutionBudget(),
      keyOf: (id) => this.#ids.get(id),
      find: (model, fields) => this.#find(model.toLowerCase(), fields),
    };
  }

  async run(): Promise<FileReport> {
    const { file, entries } = this.document;
    const changes: EntryChange[] = [];
    for (const entry of entries) {
      try {
        this.#entry = entry;
        changes.push(await this.#apply(entry));
      } catch (error) {
        this.#fail(entry, withLocation(explained(error, entry), { file, line: entry.line, entry: entry.place }));
      }
    }
    return { file, changes, warnings: this.#warnings };
  }

  #from(entry: Entry): EntryOrigin {
    return { file: this.document.file, entry };
  }

  #fail(entry: Entry, error: unknown): void {
    const { observer } = this.surroundings;
    if (!observer || !(error instanceof BlueprintError)) throw error;
    this.#remember(entry, {}, observer.failed(this.#from(entry), error));
  }

  async #find(model: string, fields: JsonMap): Promise<Pk | undefined> {
    const { observer } = this.surroundings;
    if (this.#isLeftOut(model)) return undefined;
    const found = await this.#collection(model).find(fields);
    return found?.pk ?? (this.#entry && observer?.assumed(this.#from(this.#entry), model, fields));
  }

  async #apply(entry: Entry): Promise<EntryChange> {
    // Who looks for mistakes looks at what may be skipped as well.
    const conditions = this.surroundings.observer ? [] : entry.conditions;
    for (const condition of conditions) {
      if (!isTruthy(await resolve(condition, this.#scope))) return skipped(entry);
    }
    const model = String(await resolve(entry.model, this.#scope)).toLowerCase();
    if (this.#isLeftOut(model)) return this.#leaveOut(entry, model, NO_SUCH_MODEL);
    return this.#applyTo(model, entry);
  }

  async #applyTo(model: string, entry: Entry): Promise<EntryChange> {
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
    const given = deepMerge([this.#leftOut.without(attrs), identifiers]);
    this.#warn(entry, [
      ...this.#notices(entry, deepMerge([attrs, identifiers]), collection.fields),
      ...(await fieldWarnings(collection, given, existing)),
    ]);
    const save = await collection.check(given, existing).catch((error: unknown) => this.#excused(error, attrs));
    if (typeof save === 'string') return this.#leaveOut(entry, model, `it needs ${save}, which is left out`);
    const saved = state === 'created' && existing ? { ...existing, outcome: 'left' as const } : await save();
    if (saved.pk !== undefined) {
      this.#remember(entry, identifiers, saved.pk);
      this.surroundings.observer?.saved(this.#from(entry), model, saved.pk);
    }
    return { outcome: saved.outcome, model, name: saved.name };
  }

  async #resolve(entry: Entry): Promise<ResolvedEntry> {
    const state = String(await resolve(entry.state, this.#scope));
    if (!isState(state)) throw new BlueprintError(`must be one of ${STATES.join(', ')}`, { field: 'state' });
    const identifiers = this.#replaceAliases(await resolveMap(entry.identifiers, this.#scope));
    const attrs = this.#replaceAliases(await resolveMap(entry.attrs, this.#scope));
    return { state, identifiers, attrs };
  }

  #collection(model: string): Collection {
    const collection = this.surroundings.collections.get(model.toLowerCase());
    if (collection) return collection;
    throw new BlueprintError(`${model} is not a model of this installation`, {}, { fault: 'unknown-model' });
  }

  #isLeftOut(model: string): boolean {
    return !this.surroundings.strict && !this.surroundings.collections.has(model) && isIgnorableModel(model);
  }

  /** Others may go on to refer to it. */
  #leaveOut(entry: Entry, model: string, why: string): EntryChange {
    const { pk, claimed } = this.#leftOut.add(entry, model);
    this.surroundings.observer?.noticed(this.#from(entry), { rule: 'left-out', text: `it is left out: ${why}` });
    this.#remember(entry, claimed === undefined ? {} : { pk: claimed }, pk);
    return { outcome: 'skipped', model, name: entry.place.id ?? '', why };
  }

  /** The name of what an object lacks only because that is left out. Throws any other error. */
  #excused(error: unknown, attrs: JsonMap): string {
    const { field = '' } = error instanceof ValidationError ? error.first : {};
    const name = this.#leftOut.nameIn(attrs[field] ?? null);
    if (name === undefined) throw error;
    return name;
  }

  #warn(entry: Entry, notices: readonly EntryWarning[]): void {
    const { number, model } = entry.place;
    for (const notice of notices) {
      this.#warnings.push(`entry ${number}${model ? ` (${model})` : ''}: ${notice.text}`);
      this.surroundings.observer?.noticed(this.#from(entry), notice);
    }
  }

  #notices({ permissions }: Entry, given: JsonMap, fields: ReadonlySet<string>): EntryWarning[] {
    const names = Object.keys(given);
    const unknown = names.filter((field) => field !== 'pk' && !fields.has(field));
    const partial = names.flatMap((field) => {
      const name = fields.has(field) ? this.#leftOut.nameIn(given[field] ?? null) : undefined;
      return name === undefined ? [] : [{ field, text: `${field} goes without ${name}, which is left out` }];
    });
    return [
      ...unknown.map((field) => ({
        rule: 'unknown-field' as const,
        field,
        text: `${field} is ignored, the model has no such field`,
      })),
      ...partial.map((notice) => ({ ...notice, rule: 'left-out' as const })),
      ...(permissions.length > 0 ? [{ rule: 'permissions' as const, text: 'permissions are ignored' }] : []),
    ];
  }

  #remember({ id }: Entry, { pk }: JsonMap, real: Pk): void {
    if (id !== undefined && !this.#ids.has(id)) this.#ids.set(id, real);
    if (pk !== undefined && pk !== real) this.#aliases.set(pk, real);
  }

  /** What is gone has no pk any more, whichever entries had it. */
  async #remove(
    collection: Collection,
    existing: FoundObject | undefined,
  ): Promise<Pick<EntryChange, 'outcome' | 'name'>> {
    if (!existing) return { outcome: 'left', name: '' };
    await collection.remove(existing);
    for (const [id, pk] of this.#ids) if (pk === existing.pk) this.#ids.delete(id);
    return { outcome: 'removed', name: existing.name };
  }

  /**
   * A pk that an earlier entry claimed stands for the object which that entry found (docs/spec/blueprints.md#entries).
   */
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

const fieldWarnings = async (
  collection: Collection,
  given: JsonMap,
  existing: FoundObject | undefined,
): Promise<EntryWarning[]> =>
  ((await collection.doubts?.(given, existing)) ?? []).map(({ field, text }) => ({
    ...{ rule: 'bad-expression', field, text: `${field}: ${text}` },
  }));

/** Nothing of it is resolved, so its model is told as it is written. */
const skipped = ({ place: { model = '' } }: Entry): EntryChange => ({ outcome: 'skipped', model, name: '' });

/** What a model refuses, said of the field where it stands. */
function explained(error: unknown, entry: Entry): unknown {
  if (!(error instanceof ValidationError)) return error;
  const { field, text } = error.first;
  return new BlueprintError(
    text,
    { field, line: field === undefined ? undefined : entry.lineOf(field) },
    { cause: error, fault: error instanceof ExpressionSyntaxError ? 'bad-expression' : 'invalid-value' },
  );
}
