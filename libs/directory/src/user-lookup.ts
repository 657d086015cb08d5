import type { SavedUser } from '@gatehouse/contracts';

export type IdentifierField = 'email' | 'username' | 'upn';

/** The people of the house, to be looked up. */
export abstract class UserLookup {
  /**
   * The one user whom `identifier` names in any of `fields`; undefined when nobody matches, or when several do
   * (an ambiguous name identifies nobody, docs/spec/directory.md#lookup). Inactive users are found like any other.
   */
  abstract find(
    identifier: string,
    match: { readonly fields: readonly IdentifierField[]; readonly caseInsensitive: boolean },
  ): Promise<SavedUser | undefined>;
  /** A user by uuid, active or not; undefined when there is none. */
  abstract get(uuid: string): Promise<SavedUser | undefined>;
}
