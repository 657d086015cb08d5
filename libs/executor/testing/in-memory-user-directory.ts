import type { SavedUser } from '@gatehouse/contracts';
import { type DirectoryUser, UserDirectory } from '../src/ports/directory.js';

/** A directory with one user, who is not a superuser. A test may add others. */
export class InMemoryUserDirectory extends UserDirectory {
  readonly users = new Map<string, DirectoryUser>();
  lookups = 0;
  constructor(user: SavedUser) {
    super();
    this.users.set(user.uuid, { ...user, is_superuser: false, awaits_setup: false });
  }
  async find(uuid: string) {
    this.lookups++;
    return this.users.get(uuid);
  }
}
