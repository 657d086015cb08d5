import type { EntityManager } from 'typeorm';
import type {
  GroupDraft,
  GroupFields,
  Identifiers,
  TokenDraft,
  TokenFields,
  UserDraft,
  UserFields,
} from './register.js';
import { Register } from './register.js';
import { GroupRows } from './typeorm-group-rows.js';
import { TokenRows } from './typeorm-token-rows.js';
import { UserRows } from './typeorm-user-rows.js';

/** The register inside a transaction of the caller, whose data source must list `directoryEntities`. */
export class TypeormRegister extends Register {
  private readonly users: UserRows;
  private readonly groups: GroupRows;
  private readonly tokens: TokenRows;

  constructor(manager: EntityManager) {
    super();
    this.users = new UserRows(manager);
    this.groups = new GroupRows(manager);
    this.tokens = new TokenRows(manager);
  }

  findUsers(identifiers: Identifiers) {
    return this.users.find(identifiers);
  }
  createUser(draft: UserDraft) {
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
  createGroup(draft: GroupDraft) {
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
  createToken(draft: TokenDraft) {
    return this.tokens.create(draft);
  }
  updateToken(pk: string, changes: Partial<TokenFields> & { readonly key?: string }) {
    return this.tokens.update(pk, changes);
  }
  removeToken(pk: string) {
    return this.tokens.remove(pk);
  }
}
