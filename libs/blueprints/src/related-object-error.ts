import type { Reference, ReferenceKind } from '@gatehouse/contracts';
import { ValidationError } from './collection.js';
import { withArticle } from './described-value.js';
import type { Pk } from './tagged-value.js';

/** What the run knows about an object, in the words of the file. */
export interface WrittenObject {
  /** The object and its model, such as "`who` is an authentik_core.group (line 3)". */
  readonly kind: string | undefined;
  /** The entry that describes the object, such as "entry 2, line 3". */
  readonly place: string | undefined;
}

/** Thrown for a value that is wrong because of another object. The run explains it with the entry of that object. */
export class RelatedObjectError extends ValidationError {
  constructor(
    private readonly field: string,
    readonly pk: Pk,
    private readonly textFor: (object: WrittenObject) => string,
  ) {
    super({ [field]: [{ text: textFor({ kind: undefined, place: undefined }) }] });
  }

  /** Returns the error with what the run knows about the object. */
  explained(object: WrittenObject): ValidationError {
    return ValidationError.field(this.field, this.textFor(object));
  }
}

const NOUNS: Partial<Record<ReferenceKind, string>> = {
  ...{ target: 'flow, flow stage binding or application', binding: 'flow stage binding', prompt: 'prompt field' },
  ...{ policybinding: 'policy binding', webauthn_device_type: 'WebAuthn device type' },
};

/** Returns the error for a reference to an object that does not exist, or that is of another kind. */
export function noSuchObject(
  field: string,
  pk: unknown,
  { to, model = '' }: Pick<Reference, 'to' | 'model'>,
): ValidationError {
  const expected = `must be ${withArticle(model || (NOUNS[to] ?? to))}`;
  return new RelatedObjectError(field, String(pk), ({ kind }) =>
    kind === undefined ? `Invalid pk "${String(pk)}" - object does not exist.` : `${expected}, and ${kind}`,
  );
}

/** Returns the error for an object whose unique fields another object has. `name` is the other object. */
export const notUnique = (field: string, text: string, { pk, name }: { readonly pk: Pk; readonly name: string }) =>
  new RelatedObjectError(
    field,
    pk,
    ({ place }) => `${text} The object that has it already is ${name}${place === undefined ? '' : ` (${place})`}.`,
  );
