import type { Reference, ReferenceKind } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import type { Collection, FoundObject, SaveResult } from './collection.js';
import type { JsonMap } from './json.js';
import type { ObjectModel } from './object-model.js';

/** Kinds of blueprint objects to which flows refer, but which grant access to something else. */
const OTHER_KINDS: readonly ReferenceKind[] = ['application', 'provider', 'source'];

/** Models of the directory to which flows refer. */
const NAMED_IN_FLOWS: readonly string[] = ['authentik_core.user', 'authentik_core.group'];

/**
 * Returns collections that change flows, stages, bindings, policies and brands only (docs/spec/flow-changes.md#models).
 * Entries of applications, providers and sources must leave their objects as they are. Entries of users and groups may
 * only name existing ones. Entries of all other models are refused.
 */
export function restrictToFlows(
  collections: ReadonlyMap<string, Collection>,
  models: readonly ObjectModel[],
): Map<string, Collection> {
  const kinds = new Map(models.map(({ name, kind }) => [name, kind]));
  return new Map(
    [...collections].map(([model, collection]) => [model, restricted(model, kinds.get(model), collection)]),
  );
}

function restricted(model: string, kind: ReferenceKind | undefined, collection: Collection): Collection {
  if (kind && !OTHER_KINDS.includes(kind)) return collection;
  if (kind) return new UnchangedCollection(model, collection);
  return NAMED_IN_FLOWS.includes(model)
    ? new NamedCollection(model, collection)
    : new RefusedCollection(model, collection.fields);
}

const refusal = (model: string, why: string) =>
  new BlueprintError(`a change of flows must not contain ${model}: ${why}. Apply it with \`npm run blueprint\``);

/** A collection that takes its fields and searches over from the unrestricted one. */
abstract class RestrictedCollection implements Collection {
  readonly fields: ReadonlySet<string>;
  readonly references: ReadonlyMap<string, Reference>;
  readonly secrets: ReadonlySet<string>;

  constructor(
    protected readonly model: string,
    protected readonly inner: Collection,
  ) {
    this.fields = inner.fields;
    this.references = inner.references ?? new Map();
    this.secrets = inner.secrets ?? new Set();
  }

  find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    return this.inner.find(identifiers);
  }

  abstract check(values: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>>;

  async remove({ name }: FoundObject): Promise<void> {
    throw refusal(this.model, `it would remove ${name}`);
  }
}

/** Objects that an entry may describe, but not change. */
class UnchangedCollection extends RestrictedCollection {
  async check(values: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const save = await this.inner.check(values, existing);
    return async () => {
      const result = await save();
      if (result.outcome === 'unchanged') return result;
      throw refusal(this.model, existing ? `it would change ${result.name}` : `it would create ${result.name}`);
    };
  }
}

/** Objects that an entry may only name, with the state `created`, which leaves an existing object as it is. */
class NamedCollection extends RestrictedCollection {
  async check(_values: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const why = existing
      ? `${existing.name} may only be named, with the state created`
      : 'no object has these identifiers, and it would create one';
    return () => Promise.reject(refusal(this.model, why));
  }
}

/** Objects that a change of flows cannot change and cannot find. */
class RefusedCollection implements Collection {
  constructor(
    private readonly model: string,
    readonly fields: ReadonlySet<string>,
  ) {}

  find(): Promise<FoundObject | undefined> {
    return Promise.reject(this.error());
  }

  check(): Promise<() => Promise<SaveResult>> {
    return Promise.reject(this.error());
  }

  remove(): Promise<void> {
    return Promise.reject(this.error());
  }

  private error() {
    return refusal(this.model, 'it is not part of a flow');
  }
}
