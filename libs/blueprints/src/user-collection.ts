import { boolean, char, choice, jsonObject, optionalNullable, type Reference } from '@gatehouse/contracts';
import { type DirectoryStore, type DirectoryUser, USER_TYPES, type UserFields } from '@gatehouse/directory';
import { z } from 'zod';
import { type Collection, type FoundObject, type SaveResult, ValidationError, validate } from './collection.js';
import { changedFields, sameMembers, translateLookupError, translateWriteError } from './directory-errors.js';
import type { JsonMap } from './json.js';
import { noSuchObject } from './related-object-error.js';
import type { Pk } from './tagged-value.js';

/** Hashes and verifies the plaintext passwords of blueprints. */
export interface PasswordHashing {
  hash(password: string): Promise<string>;
  /**
   * Returns whether a hash matches the password. Without this function every run hashes and saves a plaintext password
   * again.
   */
  verify?(password: string, hash: string): Promise<boolean>;
  /** Returns whether a text is a hash that a login can check. Without this function, no hash is refused. */
  isHash?(text: string): boolean;
}

const INVALID_HASH =
  'Invalid password hash format. Must be a hash that Gatehouse can check (docs/spec/stages.md#password-hashes).';

const EMAIL = /^[^\s@]+@[^\s@]+$/;

const fields = {
  username: char({ maxLength: 150 }).describe('Unique name with which the user logs in.'),
  name: char().describe('Name that is shown.'),
  email: char({ maxLength: 254, allowBlank: true })
    .refine((email) => email === '' || EMAIL.test(email), { error: 'Enter a valid email address.' })
    .default('')
    .describe('Email address; it counts as verified.'),
  is_active: boolean().default(true).describe('Whether the user can log in.'),
  type: choice(USER_TYPES).default('internal').describe('Kind of account.'),
  path: char().default('users').describe('Folder of the user.'),
  attributes: jsonObject().default({}).describe('Free data of the user.'),
};
/** The fields of a user. */
export const userSchema = z.object({
  ...fields,
  groups: z.array(z.string()).optional().describe('Ids of the groups. Absent: the groups stay as they are.'),
  // Like authentik's serializer, this keeps white space and accepts a number as text.
  password: optionalNullable(char({ trim: false, allowBlank: true }), { optional: true, nullable: true }).describe(
    'New password as plain text.',
  ),
  password_hash: z.string().nullish().describe('Hash of the password, instead of password.'),
});
type UserValues = z.output<typeof userSchema>;

interface FoundUser extends FoundObject {
  readonly pk: number;
  readonly user: DirectoryUser;
}

/** The users of the directory (docs/spec/directory.md#users). */
export class UserCollection implements Collection<FoundUser> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(userSchema.shape));
  readonly references: ReadonlyMap<string, Reference> = new Map([['pk', { to: 'user' }]]);
  readonly secrets: ReadonlySet<string> = new Set(['password', 'password_hash']);

  constructor(
    private readonly directory: DirectoryStore,
    private readonly passwords: PasswordHashing,
  ) {}

  async find(identifiers: JsonMap): Promise<FoundUser | undefined> {
    const [user] = await translateLookupError(this.directory.findUsers(identifiers));
    return user && { pk: user.pk, name: user.username, user };
  }

  async check(entryValues: JsonMap, existing: FoundUser | undefined): Promise<() => Promise<SaveResult>> {
    const values = existing
      ? this.#changedValues(existing.user, entryValues)
      : validate(userSchema, entryValues, this.secrets);
    if (values.password && values.password_hash) {
      throw ValidationError.field('password_hash', 'Cannot set both password and password_hash. Use only one.');
    }
    if (values.password_hash && this.passwords.isHash?.(values.password_hash) === false)
      throw ValidationError.field('password_hash', INVALID_HASH);
    for (const groupPk of values.groups ?? []) {
      const [group] = await this.directory.findGroups({ pk: groupPk });
      if (!group) throw noSuchObject('groups', groupPk, { to: 'group' });
    }
    // An entry writes these fields even if they are unchanged: writing `is_active` cancels a pending activation by mail,
    // and writing `email` verifies the address.
    const decisions = {
      ...(Object.hasOwn(entryValues, 'is_active') ? { is_active: values.is_active } : {}),
      ...(Object.hasOwn(entryValues, 'email') ? { email: values.email } : {}),
    };
    return () => translateWriteError(existing ? this.#update(existing.user, values, decisions) : this.#create(values));
  }

  async readFields(pk: Pk): Promise<JsonMap | undefined> {
    const [user] = await this.directory.findUsers({ pk });
    if (!user) return undefined;
    const { username, name, email, is_active, type, path, attributes, uuid, groups } = user;
    return { username, name, email, is_active, type, path, attributes: attributes as JsonMap, uuid, groups };
  }

  async remove({ pk }: FoundUser): Promise<void> {
    await this.directory.removeUser(pk);
  }

  /**
   * Returns the stored values, overwritten by those of the entry. Validates only the values of the entry, because `npm
   * run user` creates users without a name, and imports accept addresses that a blueprint may not set.
   */
  #changedValues(stored: DirectoryUser, entryValues: JsonMap): UserValues {
    const given = Object.keys(userSchema.shape).filter((name) => Object.hasOwn(entryValues, name));
    const mask: Partial<Record<keyof UserValues, true>> = Object.fromEntries(given.map((name) => [name, true]));
    const schema = userSchema.pick(mask);
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, stored[name as keyof typeof fields]]));
    return { ...before, ...validate(schema, entryValues, this.secrets) };
  }

  async #create(values: UserValues): Promise<SaveResult> {
    const { password: _, password_hash: __, groups, ...plain } = values;
    const hash = await this.#hash(values, '');
    const { pk, username } = await this.directory.createUser({ ...plain, ...(hash ? { password_hash: hash } : {}) });
    if (groups?.length) await this.directory.setGroups(pk, groups);
    return { pk, name: username, outcome: 'created' };
  }

  async #update(before: DirectoryUser, values: UserValues, decisions: Partial<UserFields>): Promise<SaveResult> {
    const { password: _, password_hash: __, groups, ...plain } = values;
    const password_hash = await this.#hash(values, before.password_hash);
    const changes = changedFields({ ...plain, password_hash }, before);
    const groupsChanged = groups !== undefined && !sameMembers(groups, before.groups);
    const update = { ...decisions, ...changes };
    if (Object.keys(update).length > 0) await this.directory.updateUser(before.pk, update);
    if (groupsChanged) await this.directory.setGroups(before.pk, groups);
    return { pk: before.pk, name: values.username, outcome: changes || groupsChanged ? 'changed' : 'unchanged' };
  }

  /** Returns the hash to save. Keeps the stored hash if it matches the plaintext password. */
  async #hash({ password, password_hash }: UserValues, stored: string): Promise<string> {
    if (password_hash) return password_hash;
    if (!password) return stored;
    const isUnchanged = stored !== '' && (await this.passwords.verify?.(password, stored));
    return isUnchanged ? stored : this.passwords.hash(password);
  }
}
