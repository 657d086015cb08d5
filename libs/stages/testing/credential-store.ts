import { type AppPassword, CredentialStore, type StoredPassword } from '@gatehouse/directory';
import { type PasswordCheck, PasswordHasher } from '../src/password/password-hasher.js';

/** The credential store of one user in memory. It records each call that would be an SQL statement in the database. */
export class InMemoryCredentialStore extends CredentialStore {
  readonly statements: string[] = [];
  constructor(
    private readonly user: string,
    private readonly hash: string | undefined,
    /** The app password of the user, and the stand-in hash that each lookup returns. */
    private readonly more: { readonly appPassword?: string; readonly standIn?: string } = {},
  ) {
    super();
  }
  async findPassword(userId: string): Promise<StoredPassword> {
    this.statements.push('hash');
    const { standIn } = this.more;
    const standIns = standIn === undefined ? [] : [standIn];
    return { hash: userId === this.user ? this.hash : undefined, standIns };
  }
  async findPasswordHistory(): Promise<string[]> {
    throw new Error('a password stage compares no earlier passwords');
  }
  async upgradeHash(userId: string, outdated: string, upgraded: string) {
    this.statements.push(`upgrade ${userId} ${outdated} to ${upgraded.split('$').slice(0, 4).join('$')}`);
  }
  async findAppPassword(userId: string, key: string): Promise<AppPassword | undefined> {
    this.statements.push('app password');
    return userId === this.user && key === this.more.appPassword ? { uuid: this.user, identifier: 'mail' } : undefined;
  }
}

/** The real password hasher, which records the cost of each check. */
export class RecordingHasher extends PasswordHasher {
  readonly costs: string[] = [];
  override verify(check: PasswordCheck) {
    this.costs.push(check.hash.cost);
    return super.verify(check);
  }
}
