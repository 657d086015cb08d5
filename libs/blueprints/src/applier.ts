import type { ApiVersion } from '@gatehouse/contracts';
import { WorkPause } from '@gatehouse/platform';
import type { ApplyContext, FoundEntry, KeptEntry, ResolvedEntry } from './apply-context.js';
import type { EntryOrigin, EntryWarning } from './apply-observer.js';
import { reasonToSkip } from './authentik-models.js';
import { BlueprintError, withLocation } from './blueprint-error.js';
import type { Collection, FoundObject } from './collection.js';
import type { BlueprintDocument, Entry } from './document.js';
import { toBlueprintError, toBlueprintErrors } from './entry-error.js';
import { EntryIds } from './entry-ids.js';
import { readState } from './entry-state.js';
import { entryWarnings } from './entry-warnings.js';
import { deepMerge, isTruthy, type JsonMap } from './json.js';
import { type AppliedEntry, entryKey, reasonToKeep } from './kept-objects.js';
import { defaultsIn, newerParts } from './newer-fields.js';
import { unknownObject } from './object-tags.js';
import { rejectClosedApplications, TENANT, unsupportedModel } from './refused-models.js';
import { RelatedObjectError } from './related-object-error.js';
import type { EntryChange, FileReport } from './report.js';
import { resolveFields } from './resolved-fields.js';
import { SkippedEntries } from './skipped-entries.js';
import {
  type ObjectResult,
  ResolutionBudget,
  type ResolutionScope,
  resolve,
  type SearchResult,
  type TaggedValue,
} from './tagged-value.js';
import { search, type TagSearch, unfoundWarnings, withReason } from './unfound-references.js';
import { describeIgnored, unknownFields } from './unknown-fields.js';
import { rejectUnsetSecrets } from './unset-secrets.js';

/**
 * Returns the context values that every blueprint has (docs/spec/blueprints.md#document). Under 2026.8, blueprints see
 * a licence, because Gatehouse then has the stages for which authentik requires a licence.
 */
const builtIn = (apiVersion: ApiVersion) => ({
  'goauthentik.io/enterprise/licensed': apiVersion !== '2024.8',
  'goauthentik.io/rbac/models': {},
});

/**
 * One run of one blueprint: applies its entries in order (docs/spec/blueprints.md#applying). Throws BlueprintError at
 * the first invalid entry, unless there is an observer.
 */
export class Applier {
  readonly #ids: EntryIds;
  /** The applied entries, by key. */
  readonly applied = new Map<string, AppliedEntry>();
  readonly #warnings: string[] = [];
  readonly #skippedEntries = new SkippedEntries();
  /** The entry that is being applied. */
  #entry: Entry | undefined;
  readonly #scope: ResolutionScope;

  constructor(
    private readonly document: BlueprintDocument,
    private readonly applyContext: ApplyContext,
  ) {
    this.#ids = new EntryIds(document);
    this.#scope = {
      env: applyContext.env,
      context: deepMerge<TaggedValue>([builtIn(applyContext.apiVersion), document.context, applyContext.context]),
      resolvingKeys: new Set(),
      items: [],
      budget: new ResolutionBudget(),
      unsetVariables: [],
      unfound: [],
      keyOf: (id) => this.#ids.pkOf(id, this.#entry),
      find: (model, fields, line) => this.#find(model.toLowerCase(), { tag: '!Find', fields, line }),
      findObject: (model, fields, line) => this.#findObject(model.toLowerCase(), { tag: '!FindObject', fields, line }),
      readFile: applyContext.readFile,
    };
  }

  async run(): Promise<FileReport> {
    const { file, entries } = this.document;
    this.#reportFaults();
    const changes: EntryChange[] = [];
    const pause = new WorkPause();
    for (const entry of entries) {
      await pause.take();
      try {
        this.#entry = entry;
        changes.push(await this.#apply(entry));
      } catch (error) {
        this.#fail(entry, error);
      }
    }
    return { file, changes, warnings: this.#warnings };
  }

  /** Throws BlueprintError for the first fault of the document, unless such faults are ignored. */
  #reportFaults(): void {
    const { lenient, observer } = this.applyContext;
    for (const error of this.document.faults) {
      if (!lenient && !observer) throw error;
      this.#warnings.push(describeIgnored(error));
      observer?.onFault(error, lenient ? 'ignored-field' : error.code);
    }
  }

  /**
   * Throws BlueprintError for the first field that the model does not have, unless the field is ignored, and for the
   * first part that API_VERSION does not allow.
   */
  #reportUnknownFields(entry: Entry, resolved: Parameters<typeof unknownFields>[1], identifiers: JsonMap): void {
    const { observer, apiVersion } = this.applyContext;
    const { ignored, refused } = unknownFields(entry, resolved, this.applyContext);
    const values = deepMerge([resolved.attrs, identifiers]);
    for (const error of [...refused, ...newerParts(entry, { ...resolved, values, apiVersion })]) {
      if (!observer) throw error;
      observer.onError(this.#from(entry), error);
    }
    this.#warn(entry, ignored);
  }

  #from(entry: Entry): EntryOrigin {
    return { file: this.document.file, entry };
  }

  #fail(entry: Entry, cause: unknown): void {
    const { observer } = this.applyContext;
    const place = { file: this.document.file, line: entry.line, entry: entry.location };
    if (!observer) throw withLocation(toBlueprintError(cause, entry), place);
    for (const error of toBlueprintErrors(cause, entry)) {
      if (!(error instanceof BlueprintError)) throw error;
      this.#ids.remember(entry, {}, observer.onError(this.#from(entry), error.withLocation(place)));
    }
  }

  async #find(model: string, { tag, fields, line }: TagSearch): Promise<SearchResult> {
    const { observer } = this.applyContext;
    if (this.#reasonToSkip(model) !== undefined) return { pk: null };
    const entry = this.#entry;
    const result = await search(
      this.#collection(model),
      { tag, model, fields },
      (unfound) => entry && observer?.onMissingReference(this.#from(entry), { ...unfound, model, line }),
    );
    if (result.pk !== null) this.#ids.rememberFound(result.pk, model);
    return result;
  }

  async #findObject(model: string, search: TagSearch): Promise<ObjectResult> {
    const { pk, ...unfound } = await this.#find(model, search);
    if (pk === null) return { object: null, ...unfound };
    const collection = this.#collection(model);
    if (!collection.readFields) throw new BlueprintError(`!FindObject cannot read objects of ${model}`);
    const fields = await collection.readFields(pk);
    return { object: fields ? { ...fields, pk } : unknownObject(pk) };
  }

  async #apply(entry: Entry): Promise<EntryChange> {
    // Only the linter has an observer. It also checks entries whose conditions are not met.
    const conditions = this.applyContext.observer ? [] : entry.conditions;
    for (const condition of conditions) {
      if (!isTruthy(await resolve(condition, this.#scope))) return skipped(entry);
    }
    const model = String(await resolve(entry.model, this.#scope)).toLowerCase();
    const reason = this.#reasonToSkip(model);
    if (reason !== undefined) {
      if (model === TENANT && entry.attrs['flags'] !== undefined)
        rejectClosedApplications(await resolve(entry.attrs['flags'], this.#scope));
      return this.#skip(entry, model, `Gatehouse does not support this model, and no login needs it: ${reason}`);
    }
    return this.#applyTo(model, entry);
  }

  async #applyTo(model: string, entry: Entry): Promise<EntryChange> {
    const resolved = await this.#resolve(entry, model);
    const { state, identifiers, attrs } = resolved;
    const skippedReference = this.#skippedEntries.nameIn(identifiers);
    if (skippedReference !== undefined)
      return this.#skip(entry, model, `it identifies its object by the skipped entry ${skippedReference}`);
    const collection = this.#collection(model);
    if (Object.keys(identifiers).length === 0 && !collection.needsNoIdentifiers) {
      throw new BlueprintError('No or invalid identifiers');
    }
    // The attrs of an entry that removes its object have no effect.
    if (state !== 'absent') this.#reportUnknownFields(entry, { model, attrs, collection }, identifiers);
    const existing = await collection.find(identifiers);
    const key = entryKey(model, identifiers);
    const before = this.applyContext.entriesBefore?.(this.document.file);
    const reason = before && reasonToKeep(before, { key, isAbsent: state === 'absent', attrs, collection, existing });
    if (reason !== undefined) return this.#keep(entry, { model, identifiers, existing, reason });
    const change = await this.#save(entry, { ...resolved, model, collection, existing });
    // An entry with the state `created` does not change an existing object, so it counts as setting no field.
    const fields = new Set(state === 'present' ? Object.keys({ ...attrs, ...identifiers }) : []);
    this.applied.set(key, { change, fields });
    return change;
  }

  /**
   * Leaves the object of an entry as it is, and returns the change `kept`. If the object no longer exists, skips the
   * entry.
   */
  #keep(entry: Entry, { model, identifiers, existing, reason }: KeptEntry): EntryChange {
    if (!existing) return this.#skip(entry, model, reason);
    this.#ids.remember(entry, identifiers, existing.pk);
    return { outcome: 'kept', model, name: existing.name, reason };
  }

  async #save(
    entry: Entry,
    { model, state, identifiers, attrs, unsetVariables, unfound, collection, existing }: FoundEntry,
  ): Promise<EntryChange> {
    if (state === 'absent') return { model, ...(await this.#remove(collection, existing)) };
    if (state === 'must_created' && existing)
      throw new BlueprintError(`state is must_created, but ${existing.name} already exists`, {
        line: entry.lineOfKey('state'),
      });
    // The linter runs without the secrets of the installation.
    const isSaved = !this.applyContext.observer && !(state === 'created' && existing);
    if (isSaved) rejectUnsetSecrets(entry, collection.secrets, { unsetVariables });
    const values = deepMerge([this.#skippedEntries.without(attrs), identifiers]);
    const written = deepMerge([attrs, identifiers]);
    const subject = { values, written, existing, collection, skippedEntries: this.#skippedEntries };
    this.#warn(entry, await entryWarnings(entry, subject));
    const defaults = existing ? {} : defaultsIn(this.applyContext.apiVersion, collection);
    const save = await collection.check({ ...defaults, ...values }, existing).catch((error: unknown) => {
      const known = error instanceof RelatedObjectError ? error.explained(this.#ids.describe(error.pk)) : error;
      const lineOf = (field: string) => entry.lineOf(field);
      return this.#skippedEntries.dependencyOf(withReason(known, { unfound, unsetVariables, lineOf }), attrs);
    });
    if (typeof save !== 'string') this.#warn(entry, unfoundWarnings(unfound));
    if (typeof save === 'string') return this.#skip(entry, model, `it requires the skipped entry ${save}`);
    const { pk, ...change } = state === 'created' && existing ? unchanged(existing) : await save();
    if (pk !== undefined) {
      this.#ids.remember(entry, identifiers, pk);
      this.applyContext.observer?.onSaved(this.#from(entry), model, pk);
    }
    return { ...change, model };
  }

  async #resolve(entry: Entry, model: string): Promise<ResolvedEntry> {
    this.#ids.begin();
    const state = readState(await resolve(entry.state, this.#scope), entry.lineOfKey('state'));
    const identifiers = await resolveFields(entry.identifiers, this.#scope);
    const attrs = await resolveFields(entry.attrs, this.#scope);
    const references = this.applyContext.collections.get(model)?.references;
    const real = (values: JsonMap) => this.#ids.withRealPks(values, references);
    return {
      ...{ state, identifiers: real(identifiers.values), attrs: real(attrs.values) },
      unsetVariables: attrs.unsetVariables,
      unfound: new Map([...attrs.unfound, ...identifiers.unfound]),
    };
  }

  #collection(model: string): Collection {
    const collection = this.applyContext.collections.get(model.toLowerCase());
    if (collection) return collection;
    throw unsupportedModel(model, this.applyContext.collections.keys());
  }

  /** Returns why entries of a model, and searches for its objects, are skipped. Undefined if they are not. */
  #reasonToSkip(model: string): string | undefined {
    return this.applyContext.strict ? undefined : reasonToSkip(model);
  }

  /** Skips an entry and registers a placeholder pk, so that references to the entry still resolve. */
  #skip(entry: Entry, model: string, why: string): EntryChange {
    const { pk, claimed } = this.#skippedEntries.add(entry, model);
    this.applyContext.observer?.onWarning(this.#from(entry), {
      rule: 'left-out',
      text: `the entry is skipped: ${why}`,
    });
    this.#ids.remember(entry, claimed === undefined ? {} : { pk: claimed }, pk);
    return { outcome: 'skipped', model, name: entry.location.id ?? '', reason: why };
  }

  #warn(entry: Entry, warnings: readonly EntryWarning[]): void {
    const { number, model } = entry.location;
    for (const warning of warnings) {
      this.#warnings.push(`entry ${number}${model ? ` (${model})` : ''}: ${warning.text}`);
      this.applyContext.observer?.onWarning(this.#from(entry), warning);
    }
  }

  /** Removes an object. Later `!KeyOf` references to an entry that was applied to this object fail. */
  async #remove(
    collection: Collection,
    existing: FoundObject | undefined,
  ): Promise<Pick<EntryChange, 'outcome' | 'name'>> {
    if (!existing) return { outcome: 'unchanged', name: '' };
    await collection.remove(existing);
    this.#ids.forget(existing.pk);
    return { outcome: 'removed', name: existing.name };
  }
}

const unchanged = ({ pk, name }: FoundObject) => ({ pk, name, outcome: 'unchanged' as const });

/**
 * Returns the change of an entry whose conditions are not met. The entry's tags are not resolved, so `model` is the
 * text in the file.
 */
const skipped = ({ location: { model = '' } }: Entry): EntryChange => ({ outcome: 'skipped', model, name: '' });
