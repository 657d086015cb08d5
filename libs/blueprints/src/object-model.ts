import type { ApiVersion, Errors, Reference, ReferenceKind } from '@gatehouse/contracts';
import type { z } from 'zod';
import type { Json, JsonMap } from './json.js';

/** The kind of a reference to a policy target, and the kinds of objects that can be policy targets. */
const TARGET = 'target';
const TARGETS: readonly ReferenceKind[] = ['flow', 'binding', 'application'];

/**
 * Returns whether a reference field of the kind `expected` accepts an object of the kind `kind`. A field of the kind
 * `target` accepts all TARGETS.
 */
export const isOfKind = (expected: ReferenceKind, kind: ReferenceKind | undefined): boolean =>
  expected === TARGET ? kind !== undefined && TARGETS.includes(kind) : kind === expected;

/** The kinds of objects that are stored in the directory, not as blueprint objects. */
const DIRECTORY_KINDS: readonly ReferenceKind[] = ['group', 'user'];
export const isDirectoryReference = ({ to }: Reference): boolean => DIRECTORY_KINDS.includes(to);

/** The kinds of objects whose ids occur only in flow versions. */
const FLOW_PARTS: readonly ReferenceKind[] = [
  'stage',
  'binding',
  'policy',
  'policybinding',
  'prompt',
  'webauthn_device_type',
];

/** Returns whether objects of a kind exist only as parts of flow versions. */
export const isFlowPart = (kind: ReferenceKind): boolean => FLOW_PARTS.includes(kind);

/** Describes a model whose objects are stored as blueprint objects. */
export interface ObjectModel {
  /** The model name in lower case: `app.model`. */
  readonly name: string;
  /** The kind of the objects. Keys are unique among all objects of a kind, also across models. */
  readonly kind: ReferenceKind;
  /** The fields that together identify an object of the kind. An object with a null in one of them has no key. */
  readonly key: readonly string[];
  readonly schema: z.ZodObject;
  /** The first API line that has the model. Undefined if all lines have it. */
  readonly apiVersion?: ApiVersion | undefined;
  /** Fields that hold ids of other objects. */
  readonly references: ReadonlyMap<string, Reference>;
  /** Reference fields to parents: removing a parent removes the object. */
  readonly parents: readonly string[];
  /** Whether authentik identifies objects of the model by number. Gatehouse derives a stable id from the number. */
  readonly numbered?: boolean;
  /** A boolean field that at most one object of the model may set. */
  readonly uniqueFlag?: string;
  /**
   * Returns the reference fields whose objects cannot be removed while this object refers to them, because a flow would
   * lose a check. `protects` says whether the object with an id is such a check.
   */
  readonly guards?: (values: JsonMap, protects: (id: Json | undefined) => boolean) => readonly string[];
  /** Returns whether removing an object with these values would let more users pass a flow. */
  readonly protects?: (values: JsonMap) => boolean;
  /**
   * Returns a sentence for each field that the model accepts but that has no effect. The values are not validated yet.
   */
  readonly ignores?: (values: JsonMap) => Readonly<Record<string, string>>;
  /** Fields that hold Python, with `true` (always) or the name of the boolean field that makes the field Python. */
  readonly python?: Readonly<Record<string, string | true>>;
  /** Returns errors that concern several fields, or that the schema cannot express. */
  readonly check?: (values: JsonMap) => Errors;
}

/** An object of a draft. */
export interface BlueprintObject {
  readonly id: string;
  readonly model: string;
  readonly values: JsonMap;
}

/** Returns the references of an object: field, id and kind. */
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
