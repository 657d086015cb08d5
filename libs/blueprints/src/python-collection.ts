import { boolean, type Reference } from '@gatehouse/contracts';
import {
  type Collection,
  type FieldWarning,
  type FoundObject,
  type SaveResult,
  ValidationError,
} from './collection.js';
import type { Draft } from './draft.js';
import type { JsonMap } from './json.js';
import type { ObjectCollection } from './object-collection.js';
import type { ObjectModel } from './object-model.js';
import { callCycle, sourcesByName } from './policy-calls.js';
import type { Pk } from './tagged-value.js';

/** A syntax error in Python source. Lines and columns are counted from 1. */
export interface PythonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Checks the syntax of Python without running it. */
export interface PythonSyntaxChecker {
  check(source: string): Promise<PythonSyntaxError | undefined>;
}

interface Python {
  /** The model of the objects. */
  readonly model: string;
  readonly fields: NonNullable<ObjectModel['python']>;
  readonly syntax: PythonSyntaxChecker;
}

/** Objects with Python fields, whose syntax is checked before an object is saved. */
export class PythonCollection implements Collection {
  readonly fields: ReadonlySet<string>;
  readonly references: ReadonlyMap<string, Reference>;
  readonly secrets: ReadonlySet<string>;
  readonly schema: ObjectCollection['schema'];
  readonly apiVersion: ObjectCollection['apiVersion'];

  constructor(
    private readonly objects: ObjectCollection,
    private readonly draft: Draft,
    private readonly python: Python,
  ) {
    this.fields = objects.fields;
    this.references = objects.references;
    this.secrets = objects.secrets;
    this.schema = objects.schema;
    this.apiVersion = objects.apiVersion;
  }

  find(identifiers: JsonMap): Promise<FoundObject | undefined> {
    return this.objects.find(identifiers);
  }

  async check(entryValues: JsonMap, existing: FoundObject | undefined): Promise<() => Promise<SaveResult>> {
    const save = await this.objects.check(entryValues, existing);
    const [error] = await this.#syntaxErrorsIn(entryValues, existing, (flag) => flag === true);
    if (error) throw ValidationError.field(error.field, error.text, 'bad-expression');
    return save;
  }

  /**
   * Returns syntax errors in fields that are Python only if a boolean field says so, such as the placeholder of a
   * prompt. They do not refuse the entry, because a prompt field stays empty when its Python fails.
   */
  async warnings(entryValues: JsonMap, existing: FoundObject | undefined): Promise<FieldWarning[]> {
    const errors = await this.#syntaxErrorsIn(entryValues, existing, (flag) => flag !== true);
    const lenient = errors.map(({ field, text }) => ({
      ...{ rule: 'bad-prompt-expression' as const, field },
      text: `${text}. Until it is corrected, visitors see no ${field}`,
    }));
    return [...lenient, ...this.#callsOfItself(entryValues, existing)];
  }

  /** Returns a warning for each field of a policy that calls the policy itself, perhaps through other policies. */
  #callsOfItself(entryValues: JsonMap, existing: FoundObject | undefined): FieldWarning[] {
    const values = { ...(existing && this.draft.get(String(existing.pk))?.values), ...entryValues };
    const always = Object.keys(this.python.fields).filter((field) => this.python.fields[field] === true);
    return always.flatMap((field): FieldWarning[] => {
      const policy = { name: String(values['name']), source: String(values[field] ?? '') };
      const cycle = callCycle(policy, sourcesByName(this.draft, this.python.model, field));
      const text = `the policy calls itself: ${cycle?.join(' → ')}. Such a call fails at the depth POLICY_CALL_DEPTH. Remove one of these calls, or move what both need into a policy that calls neither`;
      return cycle ? [{ rule: 'policy-calls-itself', field, text }] : [];
    });
  }

  valuesOf(field: string): string[] {
    return this.objects.valuesOf(field);
  }

  readFields(pk: Pk): Promise<JsonMap | undefined> {
    return this.objects.readFields(pk);
  }

  remove(found: FoundObject): Promise<void> {
    return this.objects.remove(found);
  }

  /** Returns the syntax errors in changed Python of the selected fields. Unchanged Python is not checked again. */
  async #syntaxErrorsIn(
    entryValues: JsonMap,
    existing: FoundObject | undefined,
    isSelected: (flag: string | true) => boolean,
  ) {
    const before = (existing && this.draft.get(String(existing.pk))?.values) ?? {};
    const [storedSources, newSources] = [this.#sourcesIn(before), this.#sourcesIn({ ...before, ...entryValues })];
    const changed = [...newSources].filter(
      ([field, source]) => isSelected(this.python.fields[field]!) && storedSources.get(field) !== source,
    );
    const errors: { field: string; text: string }[] = [];
    for (const [field, source] of changed) {
      const error = await this.python.syntax.check(source);
      if (error) errors.push({ field, text: syntaxMessage(error) });
    }
    return errors;
  }

  /** Returns the Python sources of an object by field. */
  #sourcesIn(values: JsonMap): Map<string, string> {
    const isPython = (flag: string | true) => flag === true || boolean().safeParse(values[flag]).data === true;
    const fields = Object.entries(this.python.fields).filter(([field, flag]) => field in values && isPython(flag));
    return new Map(fields.map(([field]) => [field, String(values[field])]));
  }
}

const syntaxMessage = ({ line, column, message }: PythonSyntaxError) =>
  `Expression Syntax Error: ${message} (line ${line}, column ${column})`;
