import { PolicyUserRepository } from '@gatehouse/directory';
import { Inject, Injectable } from '@nestjs/common';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import type { passwordExpiryContract } from './password-expiry.contract.js';

const DAY_MS = 86_400_000;

/**
 * Does not pass if the age of the password has reached the configured number of days. Passes for users who are not
 * saved.
 */
@Injectable()
export class PasswordExpiryPolicy implements Policy<typeof passwordExpiryContract> {
  constructor(@Inject(PolicyUserRepository) private readonly users: PolicyUserRepository) {}

  async evaluate({
    config,
    request: { user, dry_run: dryRun },
  }: PolicyInput<typeof passwordExpiryContract>): Promise<PolicyOutcome> {
    if (user?.kind !== 'saved') return { pass: true };
    const changed = await this.users.findPasswordChange(user.uuid);
    if (!changed) return { pass: true };
    const age = Math.floor((Date.now() - changed.getTime()) / DAY_MS);
    if (age < config.days) return { pass: true };
    if (config.deny_only) return { pass: false, messages: ['Password has expired.'] };
    if (dryRun === undefined) await this.users.expirePassword(user.uuid, changed);
    const daysOverdue = age - config.days;
    return { pass: false, messages: [`Password expired ${daysOverdue} days ago. Please update your password.`] };
  }
}
