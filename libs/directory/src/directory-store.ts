/**
 * Field names to wanted values: all must be equal (an object: contained), or `pk` alone matches
 * (docs/spec/blueprints.md#entries).
 */
export type Identifiers = Readonly<Record<string, unknown>>;

export const USER_TYPES = ['internal', 'external', 'service_account', 'internal_service_account'] as const;
export const TOKEN_INTENTS = ['api', 'app_password', 'verification', 'recovery'] as const;

/** What can be said of a user when registering one (docs/spec/directory.md#users). */
export interface UserFields {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly type: (typeof USER_TYPES)[number];
  readonly path: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** A hash that the password stage knows, or empty for a user without a password. */
  readonly password_hash: string;
}

/** A user of the register: `pk` is the number that the wire shows, `uuid` the name that never changes. */
export interface DirectoryUser extends UserFields {
  readonly pk: number;
  readonly uuid: string;
  /** Rises whenever all sessions of the user must end. */
  readonly epoch: number;
  /** The pks of the user's direct groups, in no order. */
  readonly groups: readonly string[];
}

/** What can be said of a group (docs/spec/directory.md#groups). */
export interface GroupFields {
  readonly name: string;
  readonly is_superuser: boolean;
  /** The pk of the group above, or null. */
  readonly parent: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A group of the register. */
export interface DirectoryGroup extends GroupFields {
  readonly pk: string;
  /** The pks of the direct members, in no order. */
  readonly users: readonly number[];
}

/** What can be said of a token (docs/spec/directory.md#tokens). */
export interface TokenFields {
  readonly identifier: string;
  readonly intent: (typeof TOKEN_INTENTS)[number];
  /** The pk of its user. */
  readonly user: number;
  readonly description: string;
  readonly expiring: boolean;
  readonly expires: Date | null;
}

/** A token of the register. Its key is known by its hash only: compare with `tokenHash(key)`. */
export interface DirectoryToken extends TokenFields {
  readonly pk: string;
  readonly key_hash: Buffer;
}

type PartialFields<Fields, Needed extends keyof Fields> = Pick<Fields, Needed> & Partial<Fields>;
export type NewUser = PartialFields<UserFields, 'username'> & { readonly uuid?: string };
export type NewGroup = PartialFields<GroupFields, 'name'> & { readonly pk?: string };
/** Without a key a random one is drawn, which nobody is told. */
export type NewToken = PartialFields<TokenFields, 'identifier' | 'intent' | 'user'> & {
  readonly pk?: string;
  readonly key?: string;
};

/** Thrown for an identifier that is no field of the object. */
export class UnknownFieldError extends Error {
  constructor(readonly field: string) {
    super(`Invalid identifier field: ${field}`);
  }
}

/**
 * Writes users, groups and tokens inside the caller's transaction. A changed password hash and a disabled user raise
 * the user's epoch, so that their sessions end. Finders answer in the order of creation.
 */
export abstract class DirectoryStore {
  abstract findUsers(identifiers: Identifiers): Promise<DirectoryUser[]>;
  abstract createUser(draft: NewUser): Promise<DirectoryUser>;
  abstract updateUser(pk: number, changes: Partial<UserFields>): Promise<DirectoryUser>;
  abstract removeUser(pk: number): Promise<void>;
  /** Raises the user's epoch: every session ends, and every login that is under way. */
  abstract endSessions(user: number): Promise<void>;
  /** Makes `groups` (pks) the user's only direct groups. */
  abstract setGroups(user: number, groups: readonly string[]): Promise<void>;

  abstract findGroups(identifiers: Identifiers): Promise<DirectoryGroup[]>;
  abstract createGroup(draft: NewGroup): Promise<DirectoryGroup>;
  abstract updateGroup(pk: string, changes: Partial<GroupFields>): Promise<DirectoryGroup>;
  abstract removeGroup(pk: string): Promise<void>;
  /** Makes `users` (pks) the group's only direct members. */
  abstract setMembers(group: string, users: readonly number[]): Promise<void>;

  abstract findTokens(identifiers: Identifiers): Promise<DirectoryToken[]>;
  abstract createToken(draft: NewToken): Promise<DirectoryToken>;
  abstract updateToken(pk: string, changes: Partial<TokenFields> & { readonly key?: string }): Promise<DirectoryToken>;
  abstract removeToken(pk: string): Promise<void>;
}
