/** Where in which blueprint something is wrong; what is not known is left out. */
export interface Place {
  readonly file?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
  readonly entry?: EntryPlace | undefined;
  readonly field?: string | undefined;
}

/** An entry as people find it: its number in the file (from 1), its `id` and its model. */
export interface EntryPlace {
  readonly number: number;
  readonly id?: string | undefined;
  readonly model?: string | undefined;
}

/** What is wrong, in one word for programs. */
export type Fault = 'unreadable' | 'unknown-model' | 'unresolved-reference' | 'bad-expression' | 'invalid-value';

interface Options extends ErrorOptions {
  readonly fault?: Fault;
}

/** A blueprint that cannot be applied; the message says where and why, in one line. */
export class BlueprintError extends Error {
  readonly fault: Fault;

  constructor(
    readonly reason: string,
    readonly place: Place = {},
    { fault = 'invalid-value', ...options }: Options = {},
  ) {
    super(describe(reason, place), options);
    this.name = 'BlueprintError';
    this.fault = fault;
  }

  /** The same error with more said of its place; what is known already stays. */
  at(place: Place): BlueprintError {
    const known = Object.fromEntries(Object.entries(this.place).filter(([, part]) => part !== undefined));
    return new BlueprintError(this.reason, { ...place, ...known }, { cause: this.cause, fault: this.fault });
  }
}

/** Adds a place to an error of a blueprint; any other error stays as it is. */
export const placed = (error: unknown, place: Place): unknown =>
  error instanceof BlueprintError ? error.at(place) : error;

function describe(reason: string, { file, line, entry, field }: Place): string {
  const position = [file, line].filter((part) => part !== undefined).join(':');
  return [position, entry && describeEntry(entry), field, reason].filter(Boolean).join(': ');
}

function describeEntry({ number, id, model }: EntryPlace): string {
  return [`entry ${number}`, id && `"${id}"`, model && `(${model})`].filter(Boolean).join(' ');
}
