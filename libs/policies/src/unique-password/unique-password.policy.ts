import { firstCharacters, MAX_PASSWORD } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { NO_PASSWORD, passwordIn } from '../password-in.js';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import { PasswordHistoryClient } from './password-history.client.js';
import type { uniquePasswordContract } from './unique-password.contract.js';

const REUSED = 'This password has been used previously. Please choose a different one.';

/**
 * Passes if the password service finds that the new password equals none of the user's last passwords. Passes for a
 * visitor without an account.
 */
@Injectable()
export class UniquePasswordPolicy implements Policy<typeof uniquePasswordContract> {
  constructor(@Inject(PasswordHistoryClient) private readonly history: PasswordHistoryClient) {}

  async evaluate(input: PolicyInput<typeof uniquePasswordContract>): Promise<PolicyOutcome> {
    const { config, facts, request, timeLeftMs } = input;
    const password = passwordIn(facts.context, config.password_field);
    if (password === '') return { pass: false, messages: [NO_PASSWORD] };
    const { num_historical_passwords: count } = config;
    // No stored password is longer than MAX_PASSWORD, so a longer password is new. Another policy or the stage refuses
    // it.
    const isTooLong = firstCharacters(password, MAX_PASSWORD).length < password.length;
    if (count === 0 || request.user?.kind !== 'saved' || isTooLong) return { pass: true };
    const isReused = await this.history.isReused({ user: request.user.uuid, password, count }, timeLeftMs());
    return isReused ? { pass: false, messages: [REUSED] } : { pass: true };
  }
}
