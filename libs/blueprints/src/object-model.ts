import type { Errors, Reference, ReferenceKind } from '@gatehouse/contracts';
import type { z } from 'zod';
import type { Json, JsonMap } from './json.js';

/** What policies can be bound to, as a reference says it. */
const TARGET = 'target';
const TARGETS: readonly ReferenceKind[] = ['flow', 'binding', 'application'];

/** Whether an object of some kind is what a field wants. */
export const isOfKind = (wanted: ReferenceKind, kind: ReferenceKind | undefined): boolean =>
  wanted === TARGET ? kind !== undefined && TARGETS.includes(kind) : kind === wanted;

/** What a field can refer to that the directory keeps, not the blueprints. */
const DIRECTORY_KINDS: readonly ReferenceKind[] = ['group', 'user'];
export const isDirectoryReference = ({ to }: Reference): boolean => DIRECTORY_KINDS.includes(to);

/** A model whose objects the blueprints own, as data. */
export interface ObjectModel {
  /** Lower case, `app.model`. */
  readonly name: string;
  /** Objects of one kind share one set of names. */
  readonly kind: ReferenceKind;
  /** The fields that together name one object of the kind; where one of them is null, they name none. */
  readonly key: readonly string[];
  readonly schema: z.ZodObject;
  /** Fields that hold ids of other objects. An object without one of its `parents` goes with it. */
  readonly references: ReadonlyMap<string, Reference>;
  readonly parents: readonly string[];
  /** The reference numbers its objects: a number stands for an id, always the same. */
  readonly numbered?: boolean;
  /** A flag that at most one object of the model has. */
  readonly sole?: string;
  /** Reference fields whose objects cannot go before this one: what they judge would not be judged any more. */
  readonly guards?: (values: JsonMap, protects: (id: Json | undefined) => boolean) => readonly string[];
  /** Whether a flow is open to more people without an object of these values. */
  readonly protects?: (values: JsonMap) => boolean;
  /** Fields that hold Python: always, or when the field that is named says so. */
  readonly python?: Readonly<Record<string, string | true>>;
  /** What is wrong with values that fit the schema one by one. */
  readonly check?: (values: JsonMap) => Errors;
}

/** An object as the working copy holds it. */
export interface BlueprintObject {
  readonly id: string;
  readonly model: string;
  readonly values: JsonMap;
}

/** The ids that an object's reference fields hold, by field. */
export function referencesIn(
  model: ObjectModel | undefined,
  values: JsonMap,
): [field: string, id: string, to: Reference][] {
  return [...(model?.references ?? [])].flatMap(([field, to]) =>
    idsIn(values[field]).map((id) => [field, id, to] as [string, string, Reference]),
  );
}

const idsIn = (value: Json | undefined): string[] =>
  (Array.isArray(value) ? value : [value]).filter((id) => typeof id === 'string');
