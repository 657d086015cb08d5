import { BadExpression, type Collection, type Found, type Saved } from './collection.js';
import type { Draft } from './draft.js';
import type { JsonMap } from './json.js';
import type { ObjectCollection } from './object-collection.js';

/** Where a source is not Python; lines and columns count from one. */
export interface SyntaxFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Looks Python over without running it. */
export interface Syntax {
  check(source: string): Promise<SyntaxFault | undefined>;
}

interface Python {
  /** The field that holds it. */
  readonly field: string;
  readonly syntax: Syntax;
}

/** Policies whose config holds Python: it is looked over before anything is written. */
export class PolicyCollection implements Collection {
  readonly fields: ReadonlySet<string>;

  constructor(
    private readonly objects: ObjectCollection,
    private readonly draft: Draft,
    private readonly python: Python,
  ) {
    this.fields = objects.fields;
  }

  find(identifiers: JsonMap): Promise<Found | undefined> {
    return this.objects.find(identifiers);
  }

  async check(given: JsonMap, existing: Found | undefined): Promise<() => Promise<Saved>> {
    const save = await this.objects.check(given, existing);
    const { field, syntax } = this.python;
    const before = existing && this.draft.get(String(existing.pk))?.values[field];
    if (!(field in given) || given[field] === before) return save;
    const fault = await syntax.check(String(given[field]));
    if (!fault) return save;
    const text = `Expression Syntax Error: ${fault.message} (${placeOf(fault)})`;
    throw new BadExpression({ [field]: [{ text }] });
  }

  remove(found: Found): Promise<void> {
    return this.objects.remove(found);
  }
}

const placeOf = ({ line, column }: SyntaxFault) => `line ${line}, column ${column}`;
