import type { SavedUser } from '@gatehouse/contracts';
import { type DirectoryUser, UserDirectory } from '../src/ports/directory.js';

/** Knows one ordinary user, and those that a test adds. */
export class InMemoryUserDirectory extends UserDirectory {
  readonly known = new Map<string, DirectoryUser>();
  lookups = 0;
  constructor(user: SavedUser) {
    super();
    this.known.set(user.uuid, { ...user, is_superuser: false, is_unclaimed: false });
  }
  async find(uuid: string) {
    this.lookups++;
    return this.known.get(uuid);
  }
}
