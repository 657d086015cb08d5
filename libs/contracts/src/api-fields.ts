import { z } from 'zod';
import type { ApiView } from './api-version.js';
import { schemaLayers } from './schema-layers.js';

/** How a type differs between the API lines. */
interface ApiMark {
  /** The only view that has the field. With `2026.8`, the complete view has it too. */
  readonly only?: ApiView;
  /** The type in 2024.8. */
  readonly before?: z.ZodType;
  /** Converts a value to the form that it has in 2024.8. If absent, the value is the same in both lines. */
  readonly toBefore?: (value: unknown) => unknown;
  /** Values of an enumeration that 2024.8 does not have. */
  readonly newer?: readonly string[];
}

const marks = new WeakMap<z.core.$ZodType, ApiMark>();

function mark<S extends z.ZodType>(schema: S, added: ApiMark): S {
  const copy = schema.clone();
  marks.set(copy, added);
  return copy;
}

/** Returns a field with the mark that authentik has had it since 2026.8. Blueprints of 2024.8 cannot set it. */
export const since2026 = <S extends z.ZodType>(schema: S): S => mark(schema, { only: '2026.8' });

/** Returns a field of an answer with the mark that authentik removed it after 2024.8. */
export const removedIn2026 = <S extends z.ZodType>(schema: S): S => mark(schema, { only: '2024.8' });

/** Returns a field with the mark that only Gatehouse has it: the published schema, which is authentik's, omits it. */
export const ownField = <S extends z.ZodType>(schema: S): S => mark(schema, { only: 'complete' });

/**
 * Returns a type with the mark that it was another type in 2024.8 (`before`). `toBefore` converts a challenge's value
 * to that type. An answer may have either type.
 */
export const changedIn2026 = <S extends z.ZodType>(
  schema: S,
  before: z.ZodType,
  toBefore?: (value: z.output<S>) => unknown,
): S => mark(schema, { before, ...(toBefore && { toBefore: (value: unknown) => toBefore(value as z.output<S>) }) });

/** Returns an enumeration with the mark that these of its values are new in 2026.8. */
export const withNewerValues = <S extends z.ZodType>(schema: S, newer: readonly string[]): S => mark(schema, { newer });

/** Returns the marks of a type, and of the types that it was copied from by `.describe()` or `.meta()`. */
function marksOf(type: z.ZodType): ApiMark {
  const found: ApiMark[] = [];
  for (let copy: z.core.$ZodType | undefined = type; copy; copy = copy._zod.parent)
    found.unshift(marks.get(copy) ?? {});
  return Object.assign({}, ...found) as ApiMark;
}

/** Returns the only view that has a field; `undefined` if all views have it. */
export const onlyIn = (field: unknown): ApiMark['only'] => markIn(field, 'only');

/** Returns the values of an enumeration that 2024.8 does not have. */
export const newerValuesOf = (field: unknown): readonly string[] => markIn(field, 'newer') ?? [];

/** Returns the type of a field in 2024.8, if it was another one. */
export const typeBefore = (field: unknown): z.ZodType | undefined => markIn(field, 'before');

function markIn<K extends keyof ApiMark>(schema: unknown, name: K): ApiMark[K] | undefined {
  for (const layer of schemaLayers(schema)) {
    const found = marksOf(layer)[name];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The form of a type: that of a view, or `before` for all fields with the types of 2024.8. */
type Form = ApiView | 'before';

/** Returns whether a view contains a field of an object, or a member of a union of challenges. */
export function isIn(view: Form, field: unknown): boolean {
  const only = onlyIn(field);
  return only === undefined || only === view || view === 'before' || (view === 'complete' && only !== '2024.8');
}

/**
 * The types that `copyIn` has made, by form and original. Each original is copied once per form, because two types with
 * one name would clash in the published schema.
 */
const copies: Readonly<Record<Form, WeakMap<z.ZodType, z.ZodType>>> = {
  '2024.8': new WeakMap(),
  '2026.8': new WeakMap(),
  before: new WeakMap(),
  complete: new WeakMap(),
};

/** Returns a type as a view has it: without the fields of other views, and with the older types in 2024.8. */
export const typeIn = <S extends z.ZodType>(view: ApiView, type: S): S => copyIn(view, type);

/** Returns a type with all its fields, but with the field types of 2024.8. */
export const olderType = <S extends z.ZodType>(type: S): S => copyIn('before', type);

function copyIn<S extends z.ZodType>(view: Form, type: S): S {
  const known = copies[view].get(type);
  if (known) return known as S;
  const copy = newType(view, type);
  copies[view].set(type, copy);
  return copy as S;
}

function objectIn(view: Form, schema: z.ZodObject): z.ZodObject {
  const entries = Object.entries(schema.shape) as [string, z.ZodType][];
  const shown = entries
    .filter(([, field]) => isIn(view, field))
    .map(([name, field]): [string, z.ZodType] => [name, copyIn(view, field)]);
  const isSame = shown.length === entries.length && shown.every(([name, field]) => field === schema.shape[name]);
  return isSame ? schema : withMetaOf(schema, z.object(Object.fromEntries(shown)));
}

function newType(view: Form, type: z.ZodType): z.ZodType {
  const { before, newer } = marksOf(type);
  if ((view === '2024.8' || view === 'before') && before) return before;
  if (view === '2024.8' && newer) return withoutValues(type, newer);
  if (type instanceof z.ZodObject) return objectIn(view, type);
  const inner = innerOf(type);
  if (!inner) return type;
  const shown = copyIn(view, inner);
  return shown === inner ? type : withMetaOf(type, rebuilt(type, shown));
}

/** Returns an enumeration without some of its values. */
function withoutValues(type: z.ZodType, values: readonly string[]): z.ZodType {
  if (type instanceof z.ZodEnum) return withMetaOf(type, type.exclude(values as never) as unknown as z.ZodType);
  const { wire, ...meta } = type.meta() as { readonly wire: { readonly enum: readonly string[] } };
  return type.meta({ ...meta, wire: { ...wire, enum: wire.enum.filter((value) => !values.includes(value)) } });
}

/** Returns the type that a list or a wrapper contains. */
function innerOf(type: z.ZodType): z.ZodType | undefined {
  if (type instanceof z.ZodArray) return type.element as z.ZodType;
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable || type instanceof z.ZodDefault)
    return type.unwrap() as z.ZodType;
  return undefined;
}

function rebuilt(type: z.ZodType, inner: z.ZodType): z.ZodType {
  if (type instanceof z.ZodArray) return z.array(inner);
  if (type instanceof z.ZodOptional) return inner.optional();
  if (type instanceof z.ZodNullable) return inner.nullable();
  if (type instanceof z.ZodDefault) return inner.default(type.def.defaultValue);
  throw new Error(`typeIn has no rule for the zod type ${type.def.type}`);
}

function withMetaOf<S extends z.ZodType>(type: z.ZodType, copy: S): S {
  const meta = type.meta();
  return meta ? copy.meta(meta) : copy;
}

type Change = (value: unknown) => unknown;

/** The functions that `changeFor` has made, by form and type. */
const changes: Readonly<Record<Form, WeakMap<z.ZodType, Change>>> = {
  '2024.8': new WeakMap(),
  '2026.8': new WeakMap(),
  before: new WeakMap(),
  complete: new WeakMap(),
};
const same: Change = (value) => value;

/** Returns a value of a type, such as a challenge, as a client with this view gets it. */
export const valueIn = <V>(view: ApiView, type: z.ZodType, value: V): V => changeFor(view, type)(value) as V;

/** Returns a challenge for a gateway that knows only the types of 2024.8. It keeps all fields. */
export const valueBefore = <V>(type: z.ZodType, value: V): V => changeFor('before', type)(value) as V;

/** Returns the function that changes a value of a type into the value that a form has. */
function changeFor(view: Form, type: z.ZodType): Change {
  const known = changes[view].get(type);
  if (known) return known;
  const change = newChange(view, type);
  changes[view].set(type, change);
  return change;
}

function newChange(view: Form, type: z.ZodType): Change {
  const { before, toBefore } = marksOf(type);
  if ((view === '2024.8' || view === 'before') && before) return toBefore ?? same;
  if (type instanceof z.ZodObject) return changeOfFields(view, type);
  const inner = innerOf(type);
  if (!inner) return same;
  const change = changeFor(view, inner);
  if (change === same) return same;
  if (type instanceof z.ZodArray) return (value) => (Array.isArray(value) ? value.map(change) : value);
  return (value) => (value === undefined || value === null ? value : change(value));
}

function changeOfFields(view: Form, { shape }: z.ZodObject): Change {
  const fields = Object.entries(shape) as [string, z.ZodType][];
  const hidden = new Set(fields.filter(([, field]) => !isIn(view, field)).map(([name]) => name));
  const changed = new Map(
    fields
      .filter(([name]) => !hidden.has(name))
      .map(([name, field]) => [name, changeFor(view, field)] as const)
      .filter(([, change]) => change !== same),
  );
  if (hidden.size === 0 && changed.size === 0) return same;
  return (value) =>
    Object.fromEntries(
      Object.entries(value as object)
        .filter(([name]) => !hidden.has(name))
        .map(([name, field]) => [name, changed.get(name)?.(field) ?? field]),
    );
}
