import type { PublishedSource, SavedUser } from '@gatehouse/contracts';
import type { Slice } from '../sessions/sessions.js';

/** Somebody of a source. */
export interface SourceAccount {
  /** uuid. */
  readonly source: string;
  /** What the source calls them. */
  readonly identifier: string;
}

/** A connection as its owner sees it. */
export interface UserSourceConnection {
  readonly pk: number;
  readonly source: Pick<PublishedSource, 'uuid' | 'slug' | 'name' | 'enabled' | 'model' | 'icon'> & {
    readonly provider_type?: string;
  };
  readonly created: Date;
}

/** Who connects or parts, and from where. */
export interface ConnectionChange {
  readonly user: SavedUser;
  readonly clientIp: string;
}

/** The sources of the house, and who came from them. */
export abstract class SourceBook {
  /** As it is now, with its secrets, whether it is enabled or not. */
  abstract find(slug: string): Promise<PublishedSource | undefined>;
  /** Whom somebody of a source is here, active or not; undefined for nobody. */
  abstract findConnected(outsider: SourceAccount): Promise<SavedUser | undefined>;
  /** Those who have exactly this, two at most. */
  abstract findMatching(field: 'email' | 'username', value: string): Promise<SavedUser[]>;
  /** Connects somebody with a user, and tells of it; `taken` when they are somebody else. */
  abstract connect(
    outsider: SourceAccount & { readonly name: string },
    change: ConnectionChange,
  ): Promise<'new' | 'kept' | 'taken'>;
  abstract count(userId: string): Promise<number>;
  abstract list(userId: string, slice: Slice): Promise<UserSourceConnection[]>;
  /** False when the user has no such connection. */
  abstract remove(pk: number, change: ConnectionChange): Promise<boolean>;
}
