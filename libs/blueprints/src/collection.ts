import {
  type Errors,
  type FieldMessageCode,
  fieldErrors,
  fieldMessages,
  interpolate,
  NON_FIELD_ERRORS,
  render,
} from '@gatehouse/contracts';
import type { z } from 'zod';
import type { JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/** An object that is there. */
export interface FoundObject {
  readonly pk: Pk;
  /** What people call it. */
  readonly name: string;
}

/** What came of an entry's values. */
export interface SaveResult {
  /** The object that was written; undefined for what is none, so that no other entry can refer to it. */
  readonly pk: Pk | undefined;
  readonly name: string;
  readonly outcome: 'created' | 'changed' | 'left' | 'applied' | 'missing';
}

/** What an entry gives that will not do what it should, though nothing stands against writing it. */
export interface FieldWarning {
  readonly field: string;
  readonly text: string;
}

/** All objects of one model, as the entries of a blueprint see them. */
export interface Collection<F extends FoundObject = FoundObject> {
  /** The fields that an entry can set; others are ignored with a warning. */
  readonly fields: ReadonlySet<string>;
  /** Whether its entries do something rather than describe an object, so that nothing identifies them. */
  readonly nameless?: boolean;
  /** The first object that has these values (a map: contains them), or this `pk`. Throws Invalid for an unknown field. */
  find(identifiers: JsonMap): Promise<F | undefined>;
  /** Checks what an entry gives, over what is there; the answer writes it. Throws Invalid. */
  check(given: JsonMap, existing: F | undefined): Promise<() => Promise<SaveResult>>;
  /** Mistakes in Python that are told and not refused. */
  doubts?(given: JsonMap, existing: F | undefined): Promise<readonly FieldWarning[]>;
  remove(found: F): Promise<void>;
}

/** Values that a model refuses, by field. */
export class ValidationError extends Error {
  constructor(readonly errors: Errors) {
    super('invalid');
  }

  static field(field: string, text: string): ValidationError {
    return new ValidationError({ [field]: [{ text }] });
  }

  /** The first field with errors, undefined for the object as a whole, and what is said of it. */
  get first(): { field: string | undefined; text: string } {
    const [field, messages] = Object.entries(this.errors)[0] ?? [NON_FIELD_ERRORS, []];
    const text = messages.map((message) => render(message, interpolate, fieldMessages).string).join(' ');
    return { field: field === NON_FIELD_ERRORS ? undefined : field, text };
  }
}

/** Python that is none. */
export class ExpressionSyntaxError extends ValidationError {}

/** Values as their schema wants them. Throws Invalid. */
export function validate<S extends z.ZodObject>(schema: S, values: object): z.output<S> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new ValidationError({ ...fieldErrors(parsed.error), ...missing(schema, values) });
}

/** A required field that is absent is said so in the wire's words, whatever its type would say. */
function missing(schema: z.ZodObject, values: object): Errors {
  const absent = Object.entries(schema.shape).filter(
    ([name, field]) => !(name in values) && !accepts(field, undefined),
  );
  return Object.fromEntries(absent.map(([name]) => [name, [{ code: 'required' satisfies FieldMessageCode }]]));
}

const accepts = (schema: unknown, value: unknown) => (schema as z.ZodType).safeParse(value).success;

/** The refusal of a reference to nothing. */
export const noSuchObject = (field: string, pk: unknown) =>
  ValidationError.field(field, `Invalid pk "${String(pk)}" - object does not exist.`);
