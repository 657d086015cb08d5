/**
 * Field values to search for, by field name. An object matches if its pk is the value of `pk`, or if it has all the
 * other values (a JSON field must contain the value, docs/spec/blueprints.md#entries).
 */
export type Identifiers = Readonly<Record<string, unknown>>;

export const USER_TYPES = ['internal', 'external', 'service_account', 'internal_service_account'] as const;
export const TOKEN_INTENTS = ['api', 'app_password', 'verification', 'recovery'] as const;
/** The only purposes for which a scoped API token can be valid (docs/spec/directory.md#token-scopes). */
export const TOKEN_SCOPES = ['flows'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The fields of a user (docs/spec/directory.md#users). */
export interface UserFields {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly type: (typeof USER_TYPES)[number];
  readonly path: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** A hash in a format of the password stage, or empty for a user without a password. */
  readonly password_hash: string;
}

/** A stored user. `pk` is the number in the API, `uuid` the permanent id. */
export interface DirectoryUser extends UserFields {
  readonly pk: number;
  readonly uuid: string;
  /** A number that increases when all sessions of the user must end. */
  readonly epoch: number;
  /** The pks of the user's direct groups, unordered. */
  readonly groups: readonly string[];
}

/** The fields of a group (docs/spec/directory.md#groups). */
export interface GroupFields {
  readonly name: string;
  readonly is_superuser: boolean;
  /** The pks of the parent groups. */
  readonly parents: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A stored group. */
export interface DirectoryGroup extends GroupFields {
  readonly pk: string;
  /** The first of the parent groups, or null. */
  readonly parent: string | null;
  /** The pks of the direct members, unordered. */
  readonly users: readonly number[];
}

/** The fields of a token (docs/spec/directory.md#tokens). */
export interface TokenFields {
  readonly identifier: string;
  readonly intent: (typeof TOKEN_INTENTS)[number];
  /** The pk of the user. */
  readonly user: number;
  readonly description: string;
  readonly expiring: boolean;
  readonly expires: Date | null;
  /** Null for a token that is not limited to a purpose. */
  readonly scope: TokenScope | null;
}

/** A stored token. Only the hash of its key is stored: compare with `tokenHash(key)`. */
export interface DirectoryToken extends TokenFields {
  readonly pk: string;
  readonly key_hash: Buffer;
}

type PartialFields<Fields, Required extends keyof Fields> = Pick<Fields, Required> & Partial<Fields>;
/** A user to create. */
export type NewUser = PartialFields<UserFields, 'username'> & { readonly uuid?: string };
/** A group to create. */
export type NewGroup = PartialFields<GroupFields, 'name'> & { readonly pk?: string };
/** A token to create. Without a key, the token gets a random key that is never shown. */
export type NewToken = PartialFields<TokenFields, 'identifier' | 'intent' | 'user'> & {
  readonly pk?: string;
  readonly key?: string;
};

/** Thrown when a search names a field that users, groups or tokens cannot be found by. */
export class UnknownFieldError extends Error {
  constructor(
    readonly field: string,
    readonly known: readonly string[],
  ) {
    super(`Invalid identifier field: ${field}`);
  }
}

/**
 * Reads and writes users, groups and tokens inside the caller's transaction. Changing the password hash or disabling a
 * user increases the user's epoch, which ends the user's sessions. An email address that is written counts as verified.
 * A new username must be valid, else the promise rejects with InvalidUsernameError. Results are in the order of
 * creation.
 */
export abstract class DirectoryStore {
  abstract findUsers(identifiers: Identifiers): Promise<DirectoryUser[]>;
  abstract createUser(draft: NewUser): Promise<DirectoryUser>;
  abstract updateUser(pk: number, changes: Partial<UserFields>): Promise<DirectoryUser>;
  abstract removeUser(pk: number): Promise<void>;
  /** Increases the user's epoch, which ends all sessions and all logins in progress. */
  abstract endSessions(user: number): Promise<void>;
  /** Replaces the user's direct groups by `groups` (pks). */
  abstract setGroups(user: number, groups: readonly string[]): Promise<void>;

  abstract findGroups(identifiers: Identifiers): Promise<DirectoryGroup[]>;
  /** Returns the names of the first 1000 groups, for messages about a misspelt name. */
  abstract groupNames(): Promise<string[]>;
  abstract createGroup(draft: NewGroup): Promise<DirectoryGroup>;
  abstract updateGroup(pk: string, changes: Partial<GroupFields>): Promise<DirectoryGroup>;
  abstract removeGroup(pk: string): Promise<void>;
  /** Replaces the group's direct members by `users` (pks). */
  abstract setMembers(group: string, users: readonly number[]): Promise<void>;

  abstract findTokens(identifiers: Identifiers): Promise<DirectoryToken[]>;
  abstract createToken(draft: NewToken): Promise<DirectoryToken>;
  abstract updateToken(pk: string, changes: Partial<TokenFields> & { readonly key?: string }): Promise<DirectoryToken>;
  abstract removeToken(pk: string): Promise<void>;
}
