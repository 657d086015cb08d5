import type { Effect, User } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import type { MailLimits } from './email.config.js';
import type { emailContract } from './email.contract.js';

type Contract = typeof emailContract;
type Mail = Extract<Effect, { type: 'mail' }>;

/**
 * Seconds that a link works beyond what its reader is told: what they do in the last minute is in time
 * (docs/spec/stages.md#email-mail).
 */
const GRACE_S = 60;

/**
 * Where a mail goes; empty for nobody. Whoever only stands in for a user, or is none yet where somebody is to be let in
 * again, is not written to; what the plan says goes before what the user has.
 */
export function recipientAddress({ context, flow }: ChallengeInput<Contract>, user: User): string {
  if (user.kind === 'pretended' || (user.kind === 'unsaved' && flow.designation === 'recovery')) return '';
  return context.email || user.email;
}

interface MailInput {
  readonly user: User;
  readonly address: string;
  readonly digits: string;
  readonly limits: MailLimits;
}

/** The mail with link and code; the gateway adds the link. To nobody it costs the same. */
export function buildMail(input: ChallengeInput<Contract>, { user, address, digits, limits }: MailInput): Mail {
  const { config, site, locale } = input;
  const minutes = config.token_expiry;
  return {
    type: 'mail',
    to: address === '' ? null : { address, name: user.kind === 'pretended' ? '' : user.name },
    template: config.template,
    subject: config.subject,
    locale: (user.kind === 'saved' && user.locale) || locale,
    variables: {
      ...{ brand: site.brand, username: user.username, code: digits },
      ...{ link_minutes: minutes, code_minutes: Math.min(minutes, Math.floor(limits.codeS / 60)) },
    },
    ...(config.use_global_settings ? {} : { smtp: serverOf(config) }),
    link_ttl_s: minutes * 60 + GRACE_S,
  };
}

function serverOf({
  host,
  port,
  username,
  password,
  timeout,
  from_address,
  ...how
}: ChallengeInput<Contract>['config']) {
  const tls = how.use_ssl ? ('implicit' as const) : how.use_tls ? ('starttls' as const) : ('none' as const);
  return { host, port, username, password, tls, timeout_s: timeout, from: from_address };
}
