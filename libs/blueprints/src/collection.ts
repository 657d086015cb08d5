import {
  type ApiVersion,
  type Errors,
  type FieldMessageCode,
  fieldMessages,
  interpolate,
  NON_FIELD_ERRORS,
  type Reference,
  render,
  storageError,
} from '@gatehouse/contracts';
import type { z } from 'zod';
import type { BlueprintErrorCode } from './blueprint-error.js';
import { errorsWithValues } from './choices.js';
import type { FieldDifference } from './field-difference.js';
import type { JsonMap } from './json.js';
import { suggestion } from './suggestion.js';
import type { Pk } from './tagged-value.js';

/** An existing object. */
export interface FoundObject {
  readonly pk: Pk;
  /** Display name of the object in reports and messages. */
  readonly name: string;
}

/** The result of saving an entry. */
export interface SaveResult {
  /** The pk of the saved object. Undefined for an entry that makes no object: no other entry can refer to it. */
  readonly pk: Pk | undefined;
  readonly name: string;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'applied' | 'missing';
  readonly differences?: readonly FieldDifference[];
}

/** A value that is saved although it, or a part of it, will not work. */
export interface FieldWarning {
  /** The rule of the linter. */
  readonly rule: 'policy-calls-itself' | 'bad-prompt-expression' | 'ignored-value';
  readonly field: string;
  readonly text: string;
}

/** All objects of one model, as seen by the entries of a blueprint. */
export interface Collection<F extends FoundObject = FoundObject> {
  /** The fields that an entry can set. */
  readonly fields: ReadonlySet<string>;
  /**
   * The fields that refer to other objects by pk. A number in any other field is not a pk, even if an object has that
   * pk.
   */
  readonly references?: ReadonlyMap<string, Reference>;
  /** The types of the fields. Undefined if all API lines have all fields. */
  readonly schema?: z.ZodObject;
  /** The first API line that has the model. Undefined if all lines have it. */
  readonly apiVersion?: ApiVersion | undefined;
  /** The fields that hold secrets. An entry that sets one to an unset environment variable is refused. */
  readonly secrets?: ReadonlySet<string>;
  /** Whether an entry of this model needs no identifiers, because it runs an action and describes no object. */
  readonly needsNoIdentifiers?: boolean;
  /**
   * Finds the object whose pk is the value of `pk`, or the first object that has all the other values. A stored map has
   * a value if it contains the given map. Throws ValidationError for an unknown field.
   */
  find(identifiers: JsonMap): Promise<F | undefined>;
  /**
   * Validates `values`, together with the existing object's values of absent fields. Returns the function that saves
   * `values`. Throws ValidationError.
   */
  check(values: JsonMap, existing: F | undefined): Promise<() => Promise<SaveResult>>;
  /** Returns problems in fields that are reported as warnings and do not refuse the entry. */
  warnings?(values: JsonMap, existing: F | undefined): Promise<readonly FieldWarning[]>;
  /** Returns whether a field of an object has its default value. Without this function, no field counts as default. */
  hasDefault?(existing: F, field: string): boolean;
  /** Returns the texts that the objects have in a field, for messages about an object that does not exist. */
  valuesOf?(field: string): readonly string[] | Promise<readonly string[]>;
  /** Returns the fields of an object for `!FindObject`, without its secrets. Undefined if no object has the pk. */
  readFields?(pk: Pk): Promise<JsonMap | undefined>;
  remove(found: F): Promise<void>;
}

/** The messages of a field. The field is undefined when they concern the whole object. */
export interface FieldText {
  readonly field: string | undefined;
  readonly text: string;
}

/** Thrown for invalid values, with the errors by field. */
export class ValidationError extends Error {
  constructor(
    readonly errors: Errors,
    readonly code: BlueprintErrorCode = 'invalid-value',
  ) {
    super('invalid');
  }

  static field(field: string, text: string, code?: BlueprintErrorCode): ValidationError {
    return new ValidationError({ [field]: [{ text }] }, code);
  }

  /** The first field with errors, and its messages. */
  get first(): FieldText {
    return this.all[0] ?? { field: undefined, text: '' };
  }

  /** All fields with errors, and their messages. */
  get all(): readonly FieldText[] {
    return Object.entries(this.errors).map(([field, messages]) => ({
      field: field === NON_FIELD_ERRORS ? undefined : field,
      text: messages.map((message) => render(message, interpolate, fieldMessages).string).join(' '),
    }));
  }
}

/**
 * Returns the values parsed by their schema. Throws ValidationError, also for text that Postgres cannot store. Its
 * messages never quote the value of a secret. `secrets` are the secrets that the schema does not mark.
 */
export function validate<S extends z.ZodObject>(schema: S, values: object, secrets?: ReadonlySet<string>): z.output<S> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return storable(parsed.data);
  const invalid = errorsWithValues(parsed.error, { schema, values, secrets });
  throw new ValidationError({ ...invalid, ...missingFieldErrors(schema, values) });
}

/** Returns the values. Throws ValidationError for the fields with text that Postgres cannot store. */
function storable<V extends object>(values: V): V {
  const errors: [string, Errors[string]][] = Object.entries(values).flatMap(([field, value]) => {
    const error = storageError(value);
    return error ? [[field, [error]]] : [];
  });
  if (errors.length > 0) throw new ValidationError(Object.fromEntries(errors));
  return values;
}

/** Returns the error `required` of authentik's API for each required field that is absent from `values`. */
function missingFieldErrors(schema: z.ZodObject, values: object): Errors {
  const absent = Object.entries(schema.shape).filter(
    ([name, field]) => !(name in values) && !accepts(field, undefined),
  );
  return Object.fromEntries(absent.map(([name]) => [name, [{ code: 'required' satisfies FieldMessageCode }]]));
}

const accepts = (schema: unknown, value: unknown) => (schema as z.ZodType).safeParse(value).success;

/** Returns the error for an identifier that is not a field of the model. */
export const unknownIdentifier = (name: string, fields: Iterable<string>) =>
  ValidationError.field(
    name,
    `Invalid identifier field: ${name}.${suggestion(name, fields, 'Fields')}`,
    'unknown-field',
  );
