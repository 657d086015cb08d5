import type { EntityManager } from 'typeorm';
import { DirectoryGroupRepository } from './directory-group.repository.js';
import type {
  GroupFields,
  Identifiers,
  NewGroup,
  NewToken,
  NewUser,
  TokenFields,
  UserFields,
} from './directory-store.js';
import { DirectoryStore } from './directory-store.js';
import { DirectoryTokenRepository } from './directory-token.repository.js';
import { DirectoryUserRepository } from './directory-user.repository.js';

/** The directory on Postgres. The caller's data source must list `directoryEntities`. */
export class TypeormDirectoryStore extends DirectoryStore {
  private readonly users: DirectoryUserRepository;
  private readonly groups: DirectoryGroupRepository;
  private readonly tokens: DirectoryTokenRepository;

  /** Without `readsHashes`, users are returned without their password hashes. */
  constructor(manager: EntityManager, { readsHashes = true } = {}) {
    super();
    this.users = new DirectoryUserRepository(manager, readsHashes);
    this.groups = new DirectoryGroupRepository(manager);
    this.tokens = new DirectoryTokenRepository(manager);
  }

  findUsers(identifiers: Identifiers) {
    return this.users.find(identifiers);
  }
  createUser(draft: NewUser) {
    return this.users.create(draft);
  }
  updateUser(pk: number, changes: Partial<UserFields>) {
    return this.users.update(pk, changes);
  }
  removeUser(pk: number) {
    return this.users.remove(pk);
  }
  endSessions(user: number) {
    return this.users.endSessions(user);
  }
  setGroups(user: number, groups: readonly string[]) {
    return this.users.setGroups(user, groups);
  }

  findGroups(identifiers: Identifiers) {
    return this.groups.find(identifiers);
  }
  groupNames() {
    return this.groups.names();
  }
  createGroup(draft: NewGroup) {
    return this.groups.create(draft);
  }
  updateGroup(pk: string, changes: Partial<GroupFields>) {
    return this.groups.update(pk, changes);
  }
  removeGroup(pk: string) {
    return this.groups.remove(pk);
  }
  setMembers(group: string, users: readonly number[]) {
    return this.groups.setMembers(group, users);
  }

  findTokens(identifiers: Identifiers) {
    return this.tokens.find(identifiers);
  }
  createToken(draft: NewToken) {
    return this.tokens.create(draft);
  }
  updateToken(pk: string, changes: Partial<TokenFields> & { readonly key?: string }) {
    return this.tokens.update(pk, changes);
  }
  removeToken(pk: string) {
    return this.tokens.remove(pk);
  }
}
