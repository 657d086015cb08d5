import { randomUUID } from 'node:crypto';
import {
  type GroupDraft,
  type GroupFields,
  type Identifiers,
  Register,
  type RegisteredGroup,
  type RegisteredToken,
  type RegisteredUser,
  type TokenDraft,
  type TokenFields,
  tokenHash,
  type UserDraft,
  type UserFields,
} from '@gatehouse/directory';
import type { Elsewhere } from './elsewhere.js';
import { Shelf } from './shelf.js';

const USER: UserFields = {
  ...{ username: '', name: '', email: '', is_active: true, type: 'internal', path: 'users', attributes: {} },
  password_hash: '',
};

/** A directory in memory: what blueprints say of people, and whoever else they take to be there. */
export class PaperRegister extends Register {
  readonly #users = new Shelf<RegisteredUser>();
  readonly #groups = new Shelf<RegisteredGroup>();
  readonly #tokens = new Shelf<RegisteredToken>();

  constructor(private readonly elsewhere: Elsewhere) {
    super();
  }

  async findUsers(identifiers: Identifiers): Promise<RegisteredUser[]> {
    const { pk } = identifiers;
    if (typeof pk === 'number' && this.elsewhere.has(pk))
      return [{ ...USER, pk, uuid: String(pk), epoch: 0, groups: [] }];
    return this.#users.find(identifiers);
  }

  async createUser({ uuid = randomUUID(), ...draft }: UserDraft): Promise<RegisteredUser> {
    return this.#users.put({ ...USER, ...draft, uuid, epoch: 0, groups: [], pk: this.#users.size + 1 });
  }

  async updateUser(pk: number, changes: Partial<UserFields>): Promise<RegisteredUser> {
    return this.#users.change(pk, changes);
  }

  async removeUser(pk: number): Promise<void> {
    this.#users.remove(pk);
  }

  async endSessions(): Promise<void> {}

  async setGroups(user: number, groups: readonly string[]): Promise<void> {
    this.#users.change(user, { groups });
  }

  async findGroups(identifiers: Identifiers): Promise<RegisteredGroup[]> {
    const { pk } = identifiers;
    if (typeof pk === 'string' && this.elsewhere.has(pk)) {
      return [{ pk, name: '', is_superuser: false, parent: null, attributes: {}, users: [] }];
    }
    return this.#groups.find(identifiers);
  }

  async createGroup({ pk = randomUUID(), ...draft }: GroupDraft): Promise<RegisteredGroup> {
    return this.#groups.put({ is_superuser: false, parent: null, attributes: {}, users: [], ...draft, pk });
  }

  async updateGroup(pk: string, changes: Partial<GroupFields>): Promise<RegisteredGroup> {
    return this.#groups.change(pk, changes);
  }

  async removeGroup(pk: string): Promise<void> {
    this.#groups.remove(pk);
  }

  async setMembers(group: string, users: readonly number[]): Promise<void> {
    this.#groups.change(group, { users });
  }

  async findTokens(identifiers: Identifiers): Promise<RegisteredToken[]> {
    return this.#tokens.find(identifiers);
  }

  async createToken({ pk = randomUUID(), key = '', ...draft }: TokenDraft): Promise<RegisteredToken> {
    const key_hash = tokenHash(key);
    return this.#tokens.put({ description: '', expiring: true, expires: null, ...draft, pk, key_hash });
  }

  async updateToken(pk: string, changes: Partial<TokenFields>): Promise<RegisteredToken> {
    return this.#tokens.change(pk, changes);
  }

  async removeToken(pk: string): Promise<void> {
    this.#tokens.remove(pk);
  }
}
