import { z } from 'zod';

/** A user of an export, by id or by name. */
export interface ExportedAccount {
  readonly uuid?: string | undefined;
  readonly username?: string | undefined;
}

/** The schema of a primary key. */
export const exportedPk = z.union([z.int(), z.string().min(1).max(100)]);
/** The schema of a reference to a user: the primary key, or the username in an export with natural keys. */
export const userReference = z.union([exportedPk, z.tuple([z.string()])]);
export type UserReference = z.output<typeof userReference>;

/** The schema of the fields that identify a user. */
export const exportedAccount = z.object({ uuid: z.uuid().optional(), username: z.string().min(1) });

/** The users of an export that other objects refer to. */
export class ExportedAccounts {
  private readonly users = new Map<string, ExportedAccount>();

  add(pk: string, account: ExportedAccount): void {
    this.users.set(pk, account);
  }

  /** Returns the account that an object refers to, or `undefined` if the file does not contain it. */
  find(user: UserReference): ExportedAccount | undefined {
    if (Array.isArray(user)) return { username: user[0] };
    const account = this.users.get(String(user));
    if (account || typeof user === 'number') return account;
    return z.uuid().safeParse(user).success ? { uuid: user } : { username: user };
  }
}

/** Returns the reason why an object has no owner. */
export const missingUserText = (user: UserReference, account: ExportedAccount | undefined): string =>
  account ? `there is no user ${account.username ?? account.uuid} here` : `the file has no user ${String(user)}`;
