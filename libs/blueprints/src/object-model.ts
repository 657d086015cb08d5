import type { Errors, ReferenceKind } from '@gatehouse/contracts';
import type { z } from 'zod';
import type { Json, JsonMap } from './json.js';

/** What objects there are: those of one kind share one set of names. */
export type ObjectKind = ReferenceKind | 'binding' | 'policy' | 'policybinding' | 'brand';
/** What a field can refer to: objects of one kind, or whatever policies can be bound to. */
export type Referable = ObjectKind | 'target';
const TARGETS: readonly ObjectKind[] = ['flow', 'binding'];

/** Whether an object of some kind is what a field wants. */
export const isOf = (wanted: Referable, kind: ObjectKind | undefined): boolean =>
  wanted === 'target' ? kind !== undefined && TARGETS.includes(kind) : kind === wanted;

/** A model whose objects the blueprints own, as data. */
export interface ObjectModel {
  /** Lower case, `app.model`. */
  readonly name: string;
  readonly kind: ObjectKind;
  /** The fields that together name one object of the kind; where one of them is null, they name none. */
  readonly key: readonly string[];
  readonly schema: z.ZodObject;
  /** Fields that hold the id of another object. An object without one of its `parents` goes with it. */
  readonly references: ReadonlyMap<string, Referable>;
  readonly parents: readonly string[];
  /** A flag that at most one object of the model has. */
  readonly sole?: string;
  /** Reference fields whose object cannot go before this one: what it judges would not be judged any more. */
  readonly guards?: readonly string[];
  /** The field that holds Python. */
  readonly source?: string;
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
export function referencesIn(model: ObjectModel, values: JsonMap): [field: string, id: string, kind: Referable][] {
  return [...model.references].flatMap(([field, kind]) => {
    const held: Json | undefined = values[field];
    const ids = Array.isArray(held) ? held : [held];
    return ids.flatMap((id) => (typeof id === 'string' ? [[field, id, kind] as [string, string, Referable]] : []));
  });
}
