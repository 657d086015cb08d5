import { InvalidUsernameError, UnknownFieldError, USERNAME_KEY_INDEX } from '@gatehouse/directory';
import { unknownIdentifier, ValidationError } from './collection.js';
import { equal } from './json.js';

/** Awaits a lookup in the directory. Throws ValidationError when the identifiers name an unknown field. */
export async function translateLookupError<T>(search: Promise<T>): Promise<T> {
  try {
    return await search;
  } catch (error) {
    if (error instanceof UnknownFieldError) throw unknownIdentifier(error.field, error.known);
    throw error;
  }
}

const UNIQUE_VIOLATION = '23505';

/** Awaits a write to the directory. Throws ValidationError for an invalid username or a violated unique constraint. */
export async function translateWriteError<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof InvalidUsernameError) throw ValidationError.field('username', error.message);
    const { code, detail, constraint } = (error as { driverError?: DatabaseError }).driverError ?? {};
    if (code !== UNIQUE_VIOLATION) throw error;
    if (constraint === USERNAME_KEY_INDEX)
      throw ValidationError.field(
        'username',
        'Another user has this name, spelled in another way. Choose another name.',
      );
    throw ValidationError.field('non_field_errors', `must be unique: ${detail ?? ''}`);
  }
}

type DatabaseError = Readonly<Partial<Record<'code' | 'detail' | 'constraint', string>>>;

/** Returns the values that differ from `before`, or undefined when all are equal. */
export function changedFields<V extends object>(
  values: V,
  before: Readonly<Partial<Record<keyof V, unknown>>>,
): Partial<V> | undefined {
  const changed = Object.entries(values).filter(([name, value]) => !equal(value, before[name as keyof V]));
  return changed.length > 0 ? (Object.fromEntries(changed) as Partial<V>) : undefined;
}

/** Returns whether two lists have the same members in any order. */
export const sameMembers = <T>(a: readonly T[], b: readonly T[]): boolean => {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((member) => right.has(member));
};
