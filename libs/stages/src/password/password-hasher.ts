/** How a password compares with a stored hash; `outdated`: right, but the hash should be made anew. */
export type PasswordMatch = 'right' | 'outdated' | 'wrong';

export interface PasswordCheck {
  readonly password: string;
  /** The stored hash; undefined when there is none to compare with, which costs a hash all the same. */
  readonly stored: string | undefined;
  /** Whether anybody still waits for the verdict. */
  readonly stillWanted: () => boolean;
}

/**
 * Compares passwords with stored hashes and makes new ones. Exactly one hash is spent on a question, whatever is
 * stored, so that the time tells nothing. Throws Busy when too much waits already, or when nobody waits any more.
 */
export abstract class PasswordHasher {
  abstract verify(question: PasswordCheck): Promise<PasswordMatch>;
  abstract hash(password: string, stillWanted: () => boolean): Promise<string>;
}
