import { UnknownFieldError } from '@gatehouse/directory';
import { ValidationError } from './collection.js';
import { equal } from './json.js';

/** What the register finds; a field that it does not know is the entry's mistake. */
export async function translateLookupError<T>(search: Promise<T>): Promise<T> {
  try {
    return await search;
  } catch (error) {
    if (error instanceof UnknownFieldError) throw ValidationError.field('non_field_errors', error.message);
    throw error;
  }
}

const UNIQUE_VIOLATION = '23505';

/** What the register writes; a name that is taken is the entry's mistake. */
export async function translateWriteError<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    const { code, detail } = (error as { driverError?: { code?: string; detail?: string } }).driverError ?? {};
    if (code !== UNIQUE_VIOLATION) throw error;
    throw ValidationError.field('non_field_errors', `must be unique: ${detail ?? ''}`);
  }
}

/** The values that are not as they were; undefined when all are. */
export function changedFields<V extends object>(
  values: V,
  before: Readonly<Partial<Record<keyof V, unknown>>>,
): Partial<V> | undefined {
  const changed = Object.entries(values).filter(([name, value]) => !equal(value, before[name as keyof V]));
  return changed.length > 0 ? (Object.fromEntries(changed) as Partial<V>) : undefined;
}

/** Whether two lists hold the same members, in any order. */
export const sameMembers = <T>(a: readonly T[], b: readonly T[]): boolean => {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((member) => right.has(member));
};
