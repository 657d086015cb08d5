import type { Device } from '@gatehouse/authenticators';
import { type SavedUser, seconds } from '@gatehouse/contracts';
import { Sealer } from '@gatehouse/platform';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type authenticatorValidateContract, PROOF_COOKIE } from './authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;

/** The content of the cookie. `until` is its expiry in milliseconds since 1970. */
const cookieContent = z.object({ device: z.uuid(), until: z.number() });

const MAX_COOKIE_LENGTH = 1024;

/**
 * Remembers a proof in a sealed cookie for the configured duration (docs/spec/mfa.md#remembered-proof). The cookie is
 * valid for one stage, user and device. It becomes invalid when the user's sessions end, the password changes, or the
 * device is deleted.
 */
@Injectable()
export class RememberedProof {
  constructor(@Inject(Sealer) private readonly sealer: Sealer) {}

  /** Returns the effect that sets the cookie, or no effect if the stage does not remember proofs. */
  cookieEffect(input: ChallengeInput<Contract>, user: SavedUser, device: Device) {
    const max_age_s = Math.floor(seconds(input.config.last_auth_threshold));
    if (max_age_s < 1) return [];
    const content = { device: device.id, until: Date.now() + max_age_s * 1000 };
    const value = this.sealer.seal(sealContextOf(input, user), content).toString('base64url');
    return [{ type: 'cookie', name: PROOF_COOKIE, value, max_age_s } as const];
  }

  /** Returns whether the request has a valid cookie of this user for one of these devices. */
  isValid(input: ChallengeInput<Contract>, user: SavedUser, devices: readonly Device[]): boolean {
    const maxAgeMs = seconds(input.config.last_auth_threshold) * 1000;
    const value = input.client.cookies[PROOF_COOKIE];
    if (maxAgeMs <= 0 || value === undefined || value.length > MAX_COOKIE_LENGTH) return false;
    const content = cookieContent.safeParse(this.unseal(input, user, value));
    if (!content.success) return false;
    const { device, until } = content.data;
    const remainingMs = until - Date.now();
    // If the remaining time is longer than `maxAgeMs`, the configured threshold was lowered after the cookie was set.
    return remainingMs > 0 && remainingMs <= maxAgeMs && devices.some(({ id }) => id === device);
  }

  private unseal(input: ChallengeInput<Contract>, user: SavedUser, value: string): unknown {
    try {
      return this.sealer.open(sealContextOf(input, user), Buffer.from(value, 'base64url'));
    } catch {
      return undefined;
    }
  }
}

/** Returns the context for sealing the cookie. Only the same user, stage and epoch of the user can unseal it. */
const sealContextOf = ({ step }: ChallengeInput<Contract>, { uuid, epoch }: SavedUser) => ({
  table: PROOF_COOKIE,
  id: `${uuid}\0${step.name}`,
  revision: epoch,
});
