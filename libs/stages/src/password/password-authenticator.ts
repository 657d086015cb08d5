import { CredentialStore } from '@gatehouse/directory';
import { BusyError, Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { BACKENDS } from './password.contract.js';
import { PasswordHasher } from './password-hasher.js';
import { isKnownHash, type PasswordMatch } from './password-hashes.js';

type Backend = (typeof BACKENDS)[number];
const [INBUILT, TOKEN] = [
  'authentik.core.auth.InbuiltBackend',
  'authentik.core.auth.TokenBackend',
] as const satisfies readonly Backend[];

/**
 * An id that no user has. The lookup for an unknown user uses it, so that unknown and known users cost the same
 * statements.
 */
const UNKNOWN_USER_ID = '00000000-0000-0000-0000-000000000000';

export interface PasswordAttempt {
  /** UUID of the user. `undefined` if the user is not saved. */
  readonly userId: string | undefined;
  readonly password: string;
  /** Backends to try, in this order. */
  readonly backends: readonly Backend[];
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

/**
 * Checks a password at the configured backends. Every check costs one hash and the same statements, whether the user is
 * known or not and whatever hash is stored.
 */
@Injectable()
export class PasswordAuthenticator {
  private readonly logger = new Logger('password');

  constructor(
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(PasswordHasher) private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Returns the result of the first backend that accepts the password, or `undefined` if none does. Throws `BusyError`
   * when too many hashes wait.
   */
  async authenticate(attempt: PasswordAttempt): Promise<AuthenticationResult | undefined> {
    const { password, backends, stillWanted } = attempt;
    const userId = attempt.userId ?? UNKNOWN_USER_ID;
    const stored = backends.includes(INBUILT) ? await this.credentials.findHash(userId) : undefined;
    const match = await this.hasher.verify({ password, stored, stillWanted });
    for (const backend of backends) {
      const result = await this.checkBackend(backend, { userId, password, match });
      if (!result) continue;
      if (result.backend === INBUILT && match === 'outdated') await this.upgradeHash(attempt, userId, stored ?? '');
      return result;
    }
    return undefined;
  }

  /** Returns whether the user has a usable password at the built-in backend. */
  async hasUsablePassword(userId: string): Promise<boolean> {
    return isKnownHash((await this.credentials.findHash(userId)) ?? '');
  }

  private async checkBackend(
    backend: Backend,
    { userId, password, match }: { userId: string; password: string; match: PasswordMatch },
  ): Promise<AuthenticationResult | undefined> {
    if (backend === INBUILT) return match === 'wrong' ? undefined : { backend, method: 'password', args: {} };
    if (backend === TOKEN) return this.checkAppPassword(userId, password);
    this.logger.event('skipped an unsupported password backend', { backend });
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

  /** Replaces an outdated hash. An error does not fail the login: the next login tries again. */
  private async upgradeHash(
    { password, stillWanted }: PasswordAttempt,
    userId: string,
    outdated: string,
  ): Promise<void> {
    try {
      await this.credentials.upgradeHash(userId, outdated, await this.hasher.hash(password, stillWanted));
    } catch (error) {
      if (!(error instanceof BusyError))
        this.logger.fault('an outdated password hash could not be replaced', error, { user: userId });
    }
  }
}
