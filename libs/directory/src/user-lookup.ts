import type { SavedUser } from '@gatehouse/contracts';

/** Fields that can identify a user. */
export type IdentifierField = 'email' | 'username' | 'upn';

/** Finds users. */
export abstract class UserLookup {
  /**
   * Returns the user who has `identifier` in one of `fields`. If no user has it as it was typed, its form in normal
   * width and NFC is searched for. If several users match, a verified email address has precedence over a username or
   * UPN, and an unverified address comes last. Undefined when no user matches, or when the first two have the same
   * precedence (docs/spec/directory.md#lookup). Also finds inactive users.
   */
  abstract find(
    identifier: string,
    match: { readonly fields: readonly IdentifierField[]; readonly caseInsensitive: boolean },
  ): Promise<SavedUser | undefined>;
  /** Returns a user by UUID, active or not. Undefined when no user has this UUID. */
  abstract get(uuid: string): Promise<SavedUser | undefined>;
}
