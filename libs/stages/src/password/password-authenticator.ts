import { CredentialStore } from '@gatehouse/directory';
import { BusyError, Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { BACKENDS } from './password.contract.js';
import { PasswordHasher } from './password-hasher.js';
import { isKnownHash, type PasswordMatch, parseHash } from './password-hashes.js';
import type { StoredHash } from './stored-hash.js';

type Backend = (typeof BACKENDS)[number];
const [INBUILT, TOKEN] = [
  'authentik.core.auth.InbuiltBackend',
  'authentik.core.auth.TokenBackend',
] as const satisfies readonly Backend[];

/**
 * An id that no user has. It is looked up for an unknown user, so that unknown and known users cause the same
 * statements.
 */
const UNKNOWN_USER_ID = '00000000-0000-0000-0000-000000000000';

/** The user whose password is checked, and the backends that check it. */
export interface PasswordSubject {
  /** UUID of the user. `undefined` if the user is not saved. */
  readonly userId: string | undefined;
  /** The username, or the name that a visitor typed for an unknown user. */
  readonly username: string;
  /** Backends to try, in this order. */
  readonly backends: readonly Backend[];
}

export interface PasswordAttempt extends PasswordSubject {
  readonly password: string;
  readonly stillWanted: () => boolean;
}

/**
 * The backend that accepted the password, with the plan's `auth_method` and its arguments
 * (docs/spec/stages.md#auth-method).
 */
export interface AuthenticationResult {
  readonly backend: Backend;
  readonly method: 'password' | 'token';
  readonly args: Readonly<Record<string, unknown>>;
}

/** The result of a check, and the cost of the hash that the check computed. */
export interface PasswordVerdict {
  readonly cost: string;
  /** `undefined` if no backend accepted the password. */
  readonly accepted: AuthenticationResult | undefined;
}

/**
 * Checks a password with the configured backends. Every check costs one hash and the same statements, for known and
 * unknown users. For a name without a usable hash, it computes a stand-in hash, which the directory chooses by the name
 * (docs/adr/0042).
 */
@Injectable()
export class PasswordAuthenticator {
  private readonly logger = new Logger();
  /** Unsupported backends that are already in the log. */
  private readonly skipped = new Set<Backend>();

  constructor(
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(PasswordHasher) private readonly hasher: PasswordHasher,
  ) {}

  /** Returns the result of the first backend that accepts the password. Throws `BusyError` if too many hashes wait. */
  async authenticate(attempt: PasswordAttempt): Promise<PasswordVerdict> {
    const { password, backends, stillWanted } = attempt;
    const userId = attempt.userId ?? UNKNOWN_USER_ID;
    const { stored, hash } = await this.findHash(attempt);
    const match = await this.hasher.verify({ password, hash, stillWanted });
    for (const backend of backends) {
      const accepted = await this.checkBackend(backend, { userId, password, match });
      if (!accepted) continue;
      if (accepted.backend === INBUILT && match === 'outdated') await this.upgradeHash(attempt, userId, stored);
      return { cost: hash.cost, accepted };
    }
    return { cost: hash.cost, accepted: undefined };
  }

  /** Returns the cost of the hash that a check of this user's password would compute. Computes no hash itself. */
  async costOf(subject: PasswordSubject): Promise<string> {
    return (await this.findHash(subject)).hash.cost;
  }

  /** Returns whether the user has a usable password for the built-in backend. */
  async hasUsablePassword({ uuid, username }: { uuid: string; username: string }): Promise<boolean> {
    const { hash = '' } = await this.credentials.findPassword(uuid, username);
    return isKnownHash(hash);
  }

  /**
   * Returns the user's stored hash as text, which is empty if there is none. Also returns the parsed hash or a
   * stand-in, with which the password is compared.
   */
  private async findHash({
    userId,
    username,
    backends,
  }: PasswordSubject): Promise<{ stored: string; hash: StoredHash }> {
    if (!backends.includes(INBUILT)) return { stored: '', hash: parseHash('') };
    const { hash: stored = '', standIns } = await this.credentials.findPassword(userId ?? UNKNOWN_USER_ID, username);
    return { stored, hash: parseHash(stored, standIns) };
  }

  private async checkBackend(
    backend: Backend,
    { userId, password, match }: { userId: string; password: string; match: PasswordMatch },
  ): Promise<AuthenticationResult | undefined> {
    if (backend === INBUILT) return match === 'wrong' ? undefined : { backend, method: 'password', args: {} };
    if (backend === TOKEN) return this.checkAppPassword(userId, password);
    if (!this.skipped.has(backend)) this.logger.event('password_backend_skipped', { backend });
    this.skipped.add(backend);
    return undefined;
  }

  private async checkAppPassword(userId: string, password: string): Promise<AuthenticationResult | undefined> {
    const token = await this.credentials.findAppPassword(userId, password);
    if (!token) return undefined;
    const tokenFact = {
      app: 'authentik_core',
      model_name: 'token',
      pk: token.uuid.replaceAll('-', ''),
      name: token.identifier,
    };
    return { backend: TOKEN, method: 'token', args: { token: tokenFact } };
  }

  /** Replaces an outdated hash. An error does not fail the login, because the next login tries again. */
  private async upgradeHash(
    { password, stillWanted }: PasswordAttempt,
    userId: string,
    outdated: string,
  ): Promise<void> {
    try {
      await this.credentials.upgradeHash(userId, outdated, await this.hasher.hash(password, stillWanted));
    } catch (error) {
      if (!(error instanceof BusyError)) this.logger.event('password_hash_kept', { user: userId, error });
    }
  }
}
