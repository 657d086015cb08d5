import { createHmac } from 'node:crypto';

/**
 * The accounts of a load test. All secrets are derived from a seed, so that the load generator needs no file with
 * secrets.
 */
export class LoadUsers {
  constructor(
    private readonly seed: string,
    /** The name of an account is this prefix and the number of the account. */
    readonly prefix: string,
  ) {}

  username(index: number): string {
    return `${this.prefix}${index}`;
  }

  /** The password of all accounts. */
  get password(): string {
    return this.derive('password').toString('base64url').slice(0, 24);
  }

  totpSecret(index: number): Buffer {
    return this.derive(`totp ${index}`).subarray(0, 20);
  }

  staticCode(index: number, number: number): string {
    return this.derive(`static ${index} ${number}`).toString('hex').slice(0, 16);
  }

  private derive(purpose: string): Buffer {
    return createHmac('sha256', this.seed).update(`${this.prefix}\0${purpose}`).digest();
  }
}

/** Which accounts to create. */
export interface AccountsToCreate {
  readonly count: number;
  /** Number of the first account. */
  readonly first: number;
  /** The stored hash of the password. */
  readonly passwordHash: string;
  readonly withTotp: boolean;
  /** Number of recovery codes of each account. */
  readonly staticCodes: number;
}

const TOTP = 'authentik_stages_authenticator_totp.totpdevice';
const STATIC = 'authentik_stages_authenticator_static';

/**
 * Yields the rows of accounts in the format of an export of authentik, which both `user import` and
 * `user import-devices` read.
 */
export function* exportRows(users: LoadUsers, accounts: AccountsToCreate): Generator<object> {
  for (let index = accounts.first; index < accounts.first + accounts.count; index++) {
    const username = users.username(index);
    const email = `${username}@load.invalid`;
    const fields = { username, name: username, email, password: accounts.passwordHash, path: 'load' };
    yield { model: 'authentik_core.user', pk: index, fields };
    const user = [username];
    const key = users.totpSecret(index).toString('hex');
    if (accounts.withTotp) yield { model: TOTP, pk: index, fields: { user, name: 'load', key, digits: 6 } };
    if (accounts.staticCodes > 0) yield { model: `${STATIC}.staticdevice`, pk: index, fields: { user, name: 'load' } };
    for (let number = 0; number < accounts.staticCodes; number++) {
      const token = users.staticCode(index, number);
      yield { model: `${STATIC}.statictoken`, pk: `${index}-${number}`, fields: { device: index, token } };
    }
  }
}
