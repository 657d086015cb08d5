import { type AppPassword, CredentialStore } from '@gatehouse/directory';
import { type PasswordCheck, PasswordHasher } from '../src/password/password-hasher.js';

/** The credential store of one user in memory. It records each call that would be an SQL statement in the database. */
export class InMemoryCredentialStore extends CredentialStore {
  readonly statements: string[] = [];
  constructor(
    private readonly user: string,
    private readonly hash: string | undefined,
    private readonly appPassword?: string,
  ) {
    super();
  }
  async findHash(userId: string) {
    this.statements.push('hash');
    return userId === this.user ? this.hash : undefined;
  }
  async upgradeHash(userId: string, outdated: string, upgraded: string) {
    this.statements.push(`upgrade ${userId} ${outdated} to ${upgraded.split('$').slice(0, 4).join('$')}`);
  }
  async findAppPassword(userId: string, key: string): Promise<AppPassword | undefined> {
    this.statements.push('app password');
    return userId === this.user && key === this.appPassword ? { uuid: this.user, identifier: 'mail' } : undefined;
  }
}

/** The real password hasher, which counts its calls. */
export class CountingHasher extends PasswordHasher {
  verified = 0;
  override verify(check: PasswordCheck) {
    this.verified++;
    return super.verify(check);
  }
}
