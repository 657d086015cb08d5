import { PolicyUserRepository } from '@gatehouse/directory';
import { Inject, Injectable } from '@nestjs/common';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import type { passwordExpiryContract } from './password-expiry.contract.js';

const DAY_MS = 86_400_000;

/** Counts whole days since the password was changed. A stranger has none, and none that is too old. */
@Injectable()
export class PasswordExpiryPolicy implements Policy<typeof passwordExpiryContract> {
  constructor(@Inject(PolicyUserRepository) private readonly people: PolicyUserRepository) {}

  async evaluate({ config, request: { user } }: PolicyInput<typeof passwordExpiryContract>): Promise<PolicyOutcome> {
    if (user?.kind !== 'saved') return { pass: true };
    const changed = await this.people.findPasswordChange(user.uuid);
    if (!changed) return { pass: true };
    const age = Math.floor((Date.now() - changed.getTime()) / DAY_MS);
    if (age < config.days) return { pass: true };
    if (config.deny_only) return { pass: false, messages: ['Password has expired.'] };
    await this.people.expirePassword(user.uuid, changed);
    const late = age - config.days;
    return { pass: false, messages: [`Password expired ${late} days ago. Please update your password.`] };
  }
}
