import type { ApiVersion } from '@gatehouse/contracts';
import type { EntryWarning } from './apply-observer.js';
import { missingField } from './authentik-fields.js';
import { reasonOf } from './authentik-reasons.js';
import { type BlueprintError, unknownFieldError } from './blueprint-error.js';
import type { Collection } from './collection.js';
import type { Entry } from './document.js';
import { isTruthy, type JsonMap } from './json.js';
import { suggestion } from './suggestion.js';

/** How a run treats models, fields and keys that Gatehouse does not have. */
export interface Strictness {
  /** Whether models and fields of authentik that no login needs are errors too. */
  readonly strict: boolean;
  /** Whether unknown keys and fields are ignored with a warning. */
  readonly lenient: boolean;
  /** The API line whose models, fields and values a blueprint may have. */
  readonly apiVersion: ApiVersion;
}

/** The values of an entry, with its model and the collection of that model. */
interface ResolvedFields {
  readonly model: string;
  readonly collection: Collection;
  readonly attrs: JsonMap;
}

/** The fields of an entry that its model does not have: ignored ones as warnings, all others as errors. */
interface UnknownFields {
  readonly ignored: readonly EntryWarning[];
  readonly refused: readonly BlueprintError[];
}

/** Sorts the fields in the attrs of an entry that its model does not have into ignored and refused ones (docs/adr/0095). */
export function unknownFields(entry: Entry, resolved: ResolvedFields, strictness: Strictness): UnknownFields {
  const { attrs, collection } = resolved;
  const unknown = Object.entries(attrs).filter(([name]) => name !== 'pk' && !collection.fields.has(name));
  const judged = unknown.map(([field, value]) => ({ field, ...judge(field, { value, resolved, strictness }) }));
  return {
    ignored: judged
      .filter(({ isIgnored }) => isIgnored)
      .map(({ field, text }) => ({ rule: 'ignored-field', field, text: `${text}; it is ignored` })),
    refused: judged
      .filter(({ isIgnored }) => !isIgnored)
      .map(({ field, text, advice }) => unknownFieldError(`${text}.${advice}`, { field, line: entry.lineOf(field) })),
  };
}

interface Subject {
  readonly value: JsonMap[string];
  readonly resolved: ResolvedFields;
  readonly strictness: Strictness;
}

function judge(field: string, { value, resolved, strictness }: Subject) {
  const { model, collection } = resolved;
  const missing = missingField(model, field);
  const isHarmless = missing === 'harmless' || (missing === 'essential' && !isTruthy(value));
  const isIgnored = strictness.lenient || (isHarmless && !strictness.strict);
  if (missing === undefined) {
    return {
      ...{ isIgnored, text: `the model has no field ${field}` },
      advice: suggestion(field, collection.fields, 'Fields'),
    };
  }
  return {
    ...{ isIgnored, text: `the field ${field} of authentik is not supported${consequence(missing, field)}` },
    advice: ` Remove it, or ignore it with --lenient`,
  };
}

/** Returns the end of a message: why leaving the field out is harmless, or what the object would lack. */
function consequence(kind: 'harmless' | 'essential', field: string): string {
  const reason = reasonOf(field) ?? 'no login needs it';
  return kind === 'harmless' ? ` (${reason})` : `, and the object would work differently without it: ${reason}`;
}

/** Returns the warning about a key that is ignored. */
export const describeIgnored = ({ reason, location: { line, entry } }: BlueprintError): string =>
  `${entry ? `entry ${entry.number}` : `line ${line}`}: ${reason.split(/\.(?: |$)/)[0]}; it is ignored`;
