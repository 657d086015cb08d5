import { randomUUID } from 'node:crypto';
import {
  type DirectoryGroup,
  DirectoryStore,
  type DirectoryToken,
  type DirectoryUser,
  GROUP_IDENTIFIERS,
  type GroupFields,
  type Identifiers,
  type NewGroup,
  type NewToken,
  type NewUser,
  requireUsername,
  TOKEN_IDENTIFIERS,
  type TokenFields,
  tokenHash,
  USER_IDENTIFIERS,
  type UserFields,
} from '@gatehouse/directory';
import type { ExternalReferences } from './external-references.js';
import { InMemoryTable } from './in-memory-table.js';

const USER: UserFields = {
  ...{ username: '', name: '', email: '', is_active: true, type: 'internal', path: 'users', attributes: {} },
  password_hash: '',
};

/**
 * An in-memory directory of the users, groups and tokens in the files. It also finds an empty user or group for each
 * placeholder pk of ExternalReferences.
 */
export class InMemoryDirectoryStore extends DirectoryStore {
  #lastUserPk = 0;
  readonly #users = new InMemoryTable<DirectoryUser>(USER_IDENTIFIERS);
  readonly #groups = new InMemoryTable<DirectoryGroup>(GROUP_IDENTIFIERS);
  readonly #tokens = new InMemoryTable<DirectoryToken>(TOKEN_IDENTIFIERS);

  constructor(private readonly externalReferences: ExternalReferences) {
    super();
  }

  async findUsers(identifiers: Identifiers): Promise<DirectoryUser[]> {
    const { pk } = identifiers;
    if (typeof pk === 'number' && this.externalReferences.has(pk))
      return [{ ...USER, pk, uuid: String(pk), epoch: 0, groups: [] }];
    return this.#users.find(identifiers);
  }

  async createUser({ uuid = randomUUID(), ...draft }: NewUser): Promise<DirectoryUser> {
    requireUsername(draft.username);
    this.#lastUserPk += 1;
    return this.#users.put({ ...USER, ...draft, uuid, epoch: 0, groups: [], pk: this.#lastUserPk });
  }

  async updateUser(pk: number, changes: Partial<UserFields>): Promise<DirectoryUser> {
    return this.#users.change(pk, changes);
  }

  async removeUser(pk: number): Promise<void> {
    this.#users.remove(pk);
  }

  async endSessions(): Promise<void> {}

  async setGroups(user: number, groups: readonly string[]): Promise<void> {
    this.#users.change(user, { groups });
  }

  async findGroups(identifiers: Identifiers): Promise<DirectoryGroup[]> {
    const { pk } = identifiers;
    if (typeof pk === 'string' && this.externalReferences.has(pk)) {
      return [{ pk, name: '', is_superuser: false, parent: null, parents: [], attributes: {}, users: [] }];
    }
    return this.#groups.find(identifiers);
  }

  async groupNames(): Promise<string[]> {
    return this.#groups.textsOf('name');
  }

  async createGroup({ pk = randomUUID(), ...draft }: NewGroup): Promise<DirectoryGroup> {
    const { parents = [] } = draft;
    const parent = parents[0] ?? null;
    return this.#groups.put({ is_superuser: false, attributes: {}, users: [], ...draft, pk, parent, parents });
  }

  async updateGroup(pk: string, changes: Partial<GroupFields>): Promise<DirectoryGroup> {
    const { parents } = changes;
    return this.#groups.change(pk, { ...changes, ...(parents && { parent: parents[0] ?? null }) });
  }

  async removeGroup(pk: string): Promise<void> {
    this.#groups.remove(pk);
  }

  async setMembers(group: string, users: readonly number[]): Promise<void> {
    this.#groups.change(group, { users });
  }

  async findTokens(identifiers: Identifiers): Promise<DirectoryToken[]> {
    return this.#tokens.find(identifiers);
  }

  async createToken({ pk = randomUUID(), key = '', ...draft }: NewToken): Promise<DirectoryToken> {
    const key_hash = tokenHash(key);
    return this.#tokens.put({ description: '', expiring: true, expires: null, scope: null, ...draft, pk, key_hash });
  }

  async updateToken(pk: string, changes: Partial<TokenFields>): Promise<DirectoryToken> {
    return this.#tokens.change(pk, changes);
  }

  async removeToken(pk: string): Promise<void> {
    this.#tokens.remove(pk);
  }
}
