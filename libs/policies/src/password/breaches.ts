/** Passwords that have become public. */
export abstract class BreachedPasswordLookup {
  /** How often a password has been seen. Throws when nobody can be asked. */
  abstract count(password: string, signal: AbortSignal): Promise<number>;
}
