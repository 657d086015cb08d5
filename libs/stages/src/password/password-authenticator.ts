import { CredentialStore } from '@gatehouse/directory';
import { BusyError, Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { BACKENDS } from './password.contract.js';
import { PasswordHasher, type PasswordMatch } from './password-hasher.js';
import { isKnownHash } from './password-hashes.js';

type Backend = (typeof BACKENDS)[number];
const [INBUILT, TOKEN] = [
  'authentik.core.auth.InbuiltBackend',
  'authentik.core.auth.TokenBackend',
] as const satisfies readonly Backend[];

/** Names no user: looked up for those who do not exist, so that they cost the same statements. */
const UNKNOWN_USER_ID = '00000000-0000-0000-0000-000000000000';

export interface PasswordAttempt {
  /** uuid of the user; undefined for one who is not saved. */
  readonly userId: string | undefined;
  readonly password: string;
  /** Where to look, in this order. */
  readonly backends: readonly Backend[];
  readonly stillWanted: () => boolean;
}

/** By what a claim was proved; the method and its arguments are those of docs/spec/stages.md#auth-method. */
export interface AuthenticationResult {
  readonly backend: Backend;
  readonly method: 'password' | 'token';
  readonly args: Readonly<Record<string, unknown>>;
}

/** Proves a password at the configured backends: one hash and the same statements for whoever is claimed and whatever is stored. */
@Injectable()
export class PasswordAuthenticator {
  private readonly logger = new Logger('password');

  constructor(
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(PasswordHasher) private readonly hasher: PasswordHasher,
  ) {}

  /** The first backend's proof; undefined when all refuse. Throws Busy when the hash cannot be afforded now. */
  async of(claim: PasswordAttempt): Promise<AuthenticationResult | undefined> {
    const { password, backends, stillWanted } = claim;
    const userId = claim.userId ?? UNKNOWN_USER_ID;
    const stored = backends.includes(INBUILT) ? await this.credentials.findHash(userId) : undefined;
    const verdict = await this.hasher.verify({ password, stored, stillWanted });
    for (const backend of backends) {
      const proof = await this.at(backend, { userId, password, verdict });
      if (!proof) continue;
      if (proof.backend === INBUILT && verdict === 'outdated') await this.renew(claim, userId, stored ?? '');
      return proof;
    }
    return undefined;
  }

  /** Whether any password could be right, at the one backend that stores passwords. */
  async isPossible(userId: string): Promise<boolean> {
    return isKnownHash((await this.credentials.findHash(userId)) ?? '');
  }

  private async at(
    backend: Backend,
    { userId, password, verdict }: { userId: string; password: string; verdict: PasswordMatch },
  ): Promise<AuthenticationResult | undefined> {
    if (backend === INBUILT) return verdict === 'wrong' ? undefined : { backend, method: 'password', args: {} };
    if (backend === TOKEN) return this.appPassword(userId, password);
    this.logger.event('a password backend that this installation does not have is skipped', { backend });
    return undefined;
  }

  private async appPassword(userId: string, password: string): Promise<AuthenticationResult | undefined> {
    const token = await this.credentials.findAppPassword(userId, password);
    if (!token) return undefined;
    const named = {
      app: 'authentik_core',
      model_name: 'token',
      pk: token.uuid.replaceAll('-', ''),
      name: token.identifier,
    };
    return { backend: TOKEN, method: 'token', args: { token: named } };
  }

  /** The login stands even where the hash cannot be renewed: the next one tries again. */
  private async renew({ password, stillWanted }: PasswordAttempt, userId: string, outdated: string): Promise<void> {
    try {
      await this.credentials.upgradeHash(userId, outdated, await this.hasher.hash(password, stillWanted));
    } catch (error) {
      if (!(error instanceof BusyError))
        this.logger.fault('an outdated password hash was not renewed', error, { user: userId });
    }
  }
}
