/** Where in which blueprint something is wrong; what is not known is left out. */
export interface SourceLocation {
  readonly file?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
  readonly entry?: EntryLocation | undefined;
  readonly field?: string | undefined;
}

/** An entry as people find it: its number in the file (from 1), its `id` and its model. */
export interface EntryLocation {
  readonly number: number;
  readonly id?: string | undefined;
  readonly model?: string | undefined;
}

/** What is wrong, in one word for programs. */
export type FaultCode = 'unreadable' | 'unknown-model' | 'unresolved-reference' | 'bad-expression' | 'invalid-value';

interface Options extends ErrorOptions {
  readonly fault?: FaultCode;
}

/** A blueprint that cannot be applied; the message says where and why, in one line. */
export class BlueprintError extends Error {
  readonly fault: FaultCode;

  constructor(
    readonly reason: string,
    readonly place: SourceLocation = {},
    { fault = 'invalid-value', ...options }: Options = {},
  ) {
    super(describe(reason, place), options);
    this.name = 'BlueprintError';
    this.fault = fault;
  }

  /** The same error with more said of its place; what is known already stays. */
  at(place: SourceLocation): BlueprintError {
    const known = Object.fromEntries(Object.entries(this.place).filter(([, part]) => part !== undefined));
    return new BlueprintError(this.reason, { ...place, ...known }, { cause: this.cause, fault: this.fault });
  }
}

/** Adds a place to an error of a blueprint; any other error stays as it is. */
export const withLocation = (error: unknown, place: SourceLocation): unknown =>
  error instanceof BlueprintError ? error.at(place) : error;

function describe(reason: string, { file, line, entry, field }: SourceLocation): string {
  const position = [file, line].filter((part) => part !== undefined).join(':');
  return [position, entry && describeEntry(entry), field, reason].filter(Boolean).join(': ');
}

function describeEntry({ number, id, model }: EntryLocation): string {
  return [`entry ${number}`, id && `"${id}"`, model && `(${model})`].filter(Boolean).join(' ');
}
