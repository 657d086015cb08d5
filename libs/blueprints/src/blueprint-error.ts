/** The position of an error in a blueprint. Parts that are not known are absent. */
export interface SourceLocation {
  readonly file?: string | undefined;
  /** Line number, counted from 1. */
  readonly line?: number | undefined;
  readonly entry?: EntryLocation | undefined;
  readonly field?: string | undefined;
}

/** What identifies an entry in a message: its number in the file (from 1), its `id` and its model. */
export interface EntryLocation {
  readonly number: number;
  readonly id?: string | undefined;
  readonly model?: string | undefined;
}

/** Machine-readable code of an error. */
export type BlueprintErrorCode =
  | 'unreadable'
  | 'unknown-model'
  | 'unresolved-reference'
  | 'bad-expression'
  | 'unknown-field'
  | 'newer-version'
  | 'invalid-value';

interface Options extends ErrorOptions {
  readonly code?: BlueprintErrorCode;
}

/** Thrown for a blueprint that cannot be applied. The message is one line with the position and the reason. */
export class BlueprintError extends Error {
  readonly code: BlueprintErrorCode;

  constructor(
    readonly reason: string,
    readonly location: SourceLocation = {},
    { code: fault = 'invalid-value', ...options }: Options = {},
  ) {
    super(describe(reason, location), options);
    this.name = 'BlueprintError';
    this.code = fault;
  }

  /** Returns a copy that adds `place` to the position. Parts that are already set are kept. */
  withLocation(place: SourceLocation): BlueprintError {
    const ownParts = Object.fromEntries(Object.entries(this.location).filter(([, part]) => part !== undefined));
    return new BlueprintError(this.reason, { ...place, ...ownParts }, { cause: this.cause, code: this.code });
  }
}

/** Returns the error for a key or field that does not exist. */
export const unknownFieldError = (reason: string, location: SourceLocation): BlueprintError =>
  new BlueprintError(reason, location, { code: 'unknown-field' });

/** Adds a position to a BlueprintError. Returns any other error unchanged. */
export const withLocation = (error: unknown, place: SourceLocation): unknown =>
  error instanceof BlueprintError ? error.withLocation(place) : error;

function describe(reason: string, { file, line, entry, field }: SourceLocation): string {
  const position = [file, line].filter((part) => part !== undefined).join(':');
  return [position, entry && describeEntry(entry), field, reason].filter(Boolean).join(': ');
}

function describeEntry({ number, id, model }: EntryLocation): string {
  return [`entry ${number}`, id && `"${id}"`, model && `(${model})`].filter(Boolean).join(' ');
}
