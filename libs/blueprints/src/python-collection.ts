import { boolean } from '@gatehouse/contracts';
import {
  type Collection,
  ExpressionSyntaxError,
  type FieldWarning,
  type FoundObject,
  type SaveResult,
} from './collection.js';
import type { Draft } from './draft.js';
import type { JsonMap } from './json.js';
import type { ObjectCollection } from './object-collection.js';
import type { ObjectModel } from './object-model.js';

/** Where a source is not Python; lines and columns count from one. */
export interface PythonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Looks Python over without running it. */
export interface PythonSyntaxChecker {
  check(source: string): Promise<PythonSyntaxError | undefined>;
}

interface Python {
  readonly fields: NonNullable<ObjectModel['python']>;
  readonly syntax: PythonSyntaxChecker;
}

/** Objects that hold Python: it is looked over before anything is written. */
export class PythonCollection implements Collection {
  readonly fields: ReadonlySet<string>;

  constructor(
    private readonly objects: ObjectCollection,
    private readonly draft: Draft,
    private readonly python: Python,
  ) {
    this.fields = objects.fields;
  }

  find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    return this.objects.find(identifiers);
  }

  async check(given: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const save = await this.objects.check(given, existing);
    const [fault] = await this.#faultsIn(given, existing, (flag) => flag === true);
    if (fault) throw new ExpressionSyntaxError({ [fault.field]: [{ text: fault.text }] });
    return save;
  }

  /** What only fills a place in, and leaves it empty when it fails, refuses nothing. */
  doubts(given: JsonMap, existing: FoundObject | undefined): Promise<FieldWarning[]> {
    return this.#faultsIn(given, existing, (flag) => flag !== true);
  }

  remove(found: FoundObject): Promise<void> {
    return this.objects.remove(found);
  }

  /** What is wrong with Python that is not as it was, in fields of a sort. */
  async #faultsIn(given: JsonMap, existing: FoundObject | undefined, isOfSort: (flag: string | true) => boolean) {
    const before = (existing && this.draft.get(String(existing.pk))?.values) ?? {};
    const [known, wanted] = [this.#sourcesIn(before), this.#sourcesIn({ ...before, ...given })];
    const changed = [...wanted].filter(
      ([field, source]) => isOfSort(this.python.fields[field]!) && known.get(field) !== source,
    );
    const faults: FieldWarning[] = [];
    for (const [field, source] of changed) {
      const fault = await this.python.syntax.check(source);
      if (fault) faults.push({ field, text: syntaxMessage(fault) });
    }
    return faults;
  }

  /** The Python of an object, by field. */
  #sourcesIn(values: JsonMap): Map<string, string> {
    const isOn = (flag: string | true) => flag === true || boolean().safeParse(values[flag]).data === true;
    const fields = Object.entries(this.python.fields).filter(([field, flag]) => field in values && isOn(flag));
    return new Map(fields.map(([field]) => [field, String(values[field])]));
  }
}

const syntaxMessage = ({ line, column, message }: PythonSyntaxError) =>
  `Expression Syntax Error: ${message} (line ${line}, column ${column})`;
