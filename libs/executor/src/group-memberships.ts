/** Who belongs to which groups. */
export abstract class GroupMembershipStore {
  /** Those of the groups that a user is in, or in a group below them (docs/spec/directory.md#groups). */
  abstract among(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>>;
}
