import type { PolicyRequest } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { NO_PASSWORD, passwordIn } from '../password-in.js';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import { BreachedPasswordLookup } from './breached-password-lookup.js';
import type { passwordContract } from './password.contract.js';
import { meetsRules } from './static-rules.js';

type PasswordPolicyInput = PolicyInput<typeof passwordContract>;

const WEAK = 'Password is too weak.';
const REFUSED = 'Invalid password.';
/**
 * Number of characters that are passed to zxcvbn, from the start of the password. zxcvbn is slow for long passwords.
 */
const CHECKED_LENGTH = { '2024.8': 100, '2026.8': 72 };

/**
 * Checks a password from a prompt: first by static rules, then in known breaches, then its strength. Stops at the first
 * check that fails.
 */
@Injectable()
export class PasswordPolicy implements Policy<typeof passwordContract> {
  constructor(@Inject(BreachedPasswordLookup) private readonly breaches: BreachedPasswordLookup) {}

  async evaluate({ config, facts, request, signal }: PasswordPolicyInput): Promise<PolicyOutcome> {
    const password = passwordIn(facts.context, config.password_field);
    if (password === '') return { pass: false, messages: [NO_PASSWORD] };
    if (config.check_static_rules && !meetsRules(password, config)) {
      return { pass: false, messages: [config.error_message || fallbackFor(request)] };
    }
    // A preview must not send anything to other hosts.
    if (config.check_have_i_been_pwned && request.dry_run !== 'preview') {
      const count = await this.breaches.count(password, signal);
      if (count > config.hibp_allowed_count)
        return { pass: false, messages: [`Password exists on ${count} online lists.`] };
    }
    return config.check_zxcvbn ? checkStrength(password, config.zxcvbn_score_threshold, request) : { pass: true };
  }
}

/**
 * Returns the message for a policy without a configured message. Under 2024.8, it is empty, and the form shows its own
 * default message.
 */
const fallbackFor = ({ site }: PolicyRequest) => (site.api_version === '2024.8' ? '' : REFUSED);

async function checkStrength(
  password: string,
  threshold: number,
  { user, site }: PolicyRequest,
): Promise<PolicyOutcome> {
  // Loaded on demand: the dictionaries of zxcvbn are 0.8 MB of code and a multiple of that in memory, and most
  // deployments never use them.
  const { default: zxcvbn } = await import('zxcvbn');
  const userTexts = user?.kind === 'saved' ? [user.username, user.name, user.email] : [];
  const { score, feedback } = zxcvbn(password.slice(0, CHECKED_LENGTH[site.api_version]), [...userTexts, site.brand]);
  const pass = score > threshold;
  return { pass, messages: [...(pass ? [] : [WEAK]), ...feedback.suggestions] };
}
