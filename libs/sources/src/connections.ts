/** Somebody of a source, and whom they are here. */
export interface SourceConnection {
  readonly source: string;
  /** What the source calls them. */
  readonly identifier: string;
  readonly user: string;
}

/** What a source says of somebody's groups. */
export interface SourceGroups {
  readonly source: string;
  readonly user: string;
  readonly matching: string;
  /** By what the source calls them. */
  readonly groups: Readonly<Record<string, unknown>>;
}

/** Who came from where. Work of one id is done once. */
export abstract class Connections {
  /** `taken`: they are somebody else already. */
  abstract connect(id: string, connection: SourceConnection): Promise<'new' | 'kept' | 'taken'>;
  /** Makes a user a member of these groups, and no more of others of the source; false when a group may not be, and then of none. */
  abstract follow(id: string, membership: SourceGroups): Promise<boolean>;
}
