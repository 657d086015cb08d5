import type { Device } from '@gatehouse/authenticators';
import { type SavedUser, seconds } from '@gatehouse/contracts';
import { Sealer } from '@gatehouse/platform';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type authenticatorValidateContract, PROOF_COOKIE } from './authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;

/** Until when a proof by a device counts, in milliseconds since 1970. */
const remembered = z.object({ device: z.uuid(), until: z.number() });

/** Characters of a cookie that is looked at. */
const MAX_VALUE = 1024;

/**
 * Remembers a proof in the browser for as long as the stage says (docs/spec/mfa.md#remembered-proof). What is in the
 * cookie counts for one user, until their sessions end or their password changes; for one device while it is theirs; at
 * one stage; and it can be neither read nor made elsewhere.
 */
@Injectable()
export class RememberedProof {
  constructor(@Inject(Sealer) private readonly sealer: Sealer) {}

  /** The effect by which the browser remembers; none where the stage does not want it to. */
  effectOf(input: ChallengeInput<Contract>, user: SavedUser, device: Device) {
    const max_age_s = Math.floor(seconds(input.config.last_auth_threshold));
    if (max_age_s < 1) return [];
    const body = { device: device.id, until: Date.now() + max_age_s * 1000 };
    const value = this.sealer.seal(rowOf(input, user), body).toString('base64url');
    return [{ type: 'cookie', name: PROOF_COOKIE, value, max_age_s } as const];
  }

  /** Whether one of these devices has proved this user here lately enough. */
  holds(input: ChallengeInput<Contract>, user: SavedUser, devices: readonly Device[]): boolean {
    const lasting = seconds(input.config.last_auth_threshold) * 1000;
    const value = input.client.cookies[PROOF_COOKIE];
    if (lasting <= 0 || value === undefined || value.length > MAX_VALUE) return false;
    const proof = remembered.safeParse(this.opened(input, user, value));
    if (!proof.success) return false;
    const { device, until } = proof.data;
    const left = until - Date.now();
    // A stage that has come to want fresher proofs does not take those that last longer.
    return left > 0 && left <= lasting && devices.some(({ id }) => id === device);
  }

  private opened(input: ChallengeInput<Contract>, user: SavedUser, value: string): unknown {
    try {
      return this.sealer.open(rowOf(input, user), Buffer.from(value, 'base64url'));
    } catch {
      return undefined;
    }
  }
}

/** What it is sealed for: opened for anybody or anything else, it is nothing. */
const rowOf = ({ step }: ChallengeInput<Contract>, { uuid, epoch }: SavedUser) => ({
  table: PROOF_COOKIE,
  id: `${uuid}\0${step.name}`,
  revision: epoch,
});
