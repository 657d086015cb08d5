import { boolean, char, choice, jsonObject, optionalNullable } from '@gatehouse/contracts';
import { type DirectoryStore, type DirectoryUser, USER_TYPES, type UserFields } from '@gatehouse/directory';
import { z } from 'zod';
import {
  type Collection,
  type FoundObject,
  noSuchObject,
  type SaveResult,
  ValidationError,
  validate,
} from './collection.js';
import { changedFields, sameMembers, translateLookupError, translateWriteError } from './directory-errors.js';
import type { JsonMap } from './json.js';

/** Makes and checks password hashes, for users whose blueprint has a plain password. */
export interface PasswordHashing {
  hash(password: string): Promise<string>;
  /** Whether a stored hash is of this password. Without it a plain password is set anew at every run. */
  verify?(password: string, hash: string): Promise<boolean>;
}

const EMAIL = /^[^\s@]+@[^\s@]+$/;

const fields = {
  username: char({ maxLength: 150 }),
  name: char(),
  email: char({ maxLength: 254, allowBlank: true })
    .refine((email) => email === '' || EMAIL.test(email), { error: 'Enter a valid email address.' })
    .default(''),
  is_active: boolean().default(true),
  type: choice(USER_TYPES).default('internal'),
  path: char().default('users'),
  attributes: jsonObject().default({}),
};
const userSchema = z.object({
  ...fields,
  groups: z.array(z.string()).optional(),
  // Not trimmed, and a number is its digits, as a serializer has it.
  password: optionalNullable(char({ trim: false, allowBlank: true }), { optional: true, nullable: true }),
  password_hash: z.string().nullish(),
});
type UserValues = z.output<typeof userSchema>;

interface FoundUser extends FoundObject {
  readonly pk: number;
  readonly user: DirectoryUser;
}

/** The users of the directory (docs/spec/directory.md#users). */
export class UserCollection implements Collection<FoundUser> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(userSchema.shape));

  constructor(
    private readonly register: DirectoryStore,
    private readonly passwords: PasswordHashing,
  ) {}

  async find(identifiers: JsonMap): Promise<FoundUser | undefined> {
    const [user] = await translateLookupError(this.register.findUsers(identifiers));
    return user && { pk: user.pk, name: user.username, user };
  }

  async check(given: JsonMap, existing: FoundUser | undefined): Promise<() => Promise<SaveResult>> {
    const before =
      existing && Object.fromEntries(Object.keys(fields).map((name) => [name, existing.user[name as 'name']]));
    const values = validate(userSchema, { ...before, ...given });
    if (values.password && values.password_hash) {
      throw ValidationError.field('password_hash', "Only one of 'password' or 'password_hash' can be set.");
    }
    for (const group of values.groups ?? []) {
      const [known] = await this.register.findGroups({ pk: group });
      if (!known) throw noSuchObject('groups', group);
    }
    // Said of one who is so already as well: they may have been waiting for a mail.
    const decided = Object.hasOwn(given, 'is_active') ? { is_active: values.is_active } : {};
    return () => translateWriteError(existing ? this.#update(existing.user, values, decided) : this.#create(values));
  }

  async remove({ pk }: FoundUser): Promise<void> {
    await this.register.removeUser(pk);
  }

  async #create(values: UserValues): Promise<SaveResult> {
    const { password: _, password_hash: __, groups, ...plain } = values;
    const hash = await this.#hash(values, '');
    const { pk, username } = await this.register.createUser({ ...plain, ...(hash ? { password_hash: hash } : {}) });
    if (groups?.length) await this.register.setGroups(pk, groups);
    return { pk, name: username, outcome: 'created' };
  }

  async #update(before: DirectoryUser, values: UserValues, decided: Partial<UserFields>): Promise<SaveResult> {
    const { password: _, password_hash: __, groups, ...plain } = values;
    const password_hash = await this.#hash(values, before.password_hash);
    const changes = changedFields({ ...plain, password_hash }, before);
    const isMoved = groups !== undefined && !sameMembers(groups, before.groups);
    const said = { ...decided, ...changes };
    if (Object.keys(said).length > 0) await this.register.updateUser(before.pk, said);
    if (isMoved) await this.register.setGroups(before.pk, groups);
    return { pk: before.pk, name: values.username, outcome: changes || isMoved ? 'changed' : 'left' };
  }

  /** The hash to be kept: what is given, or the stored one when it is of the given password already. */
  async #hash({ password, password_hash }: UserValues, stored: string): Promise<string> {
    if (password_hash) return password_hash;
    if (!password) return stored;
    const isKnown = stored !== '' && (await this.passwords.verify?.(password, stored));
    return isKnown ? stored : this.passwords.hash(password);
  }
}
