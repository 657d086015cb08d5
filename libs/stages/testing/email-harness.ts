import type { ApiVersion, Effect, PlanContext, StageReply, StageRequest, User } from '@gatehouse/contracts';
import { AccountActivation } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { emailContract } from '../src/email/email.contract.js';
import { EmailStage } from '../src/email/email.stage.js';

/** UUID of the user to whom the tests mail. */
export const UUID = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';
export const alice = (overrides: object = {}): User => ({
  ...{ kind: 'saved', uuid: UUID, pk: 7, username: 'alice', name: 'Alice', email: 'alice@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...overrides,
});

/** Records the accounts that a stage activates. Each activation succeeds if `canActivate` is `true`. */
export class InMemoryAccountActivation extends AccountActivation {
  readonly activated: string[] = [];
  constructor(private readonly canActivate = true) {
    super();
  }
  async recordVerified() {}
  async activate(id: string, flow: string | undefined) {
    this.activated.push(`${id} in ${String(flow)}`);
    return this.canActivate;
  }
}

/** Overrides of the config, context and request of an email stage. */
export interface EmailOptions {
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly request?: Partial<StageRequest>;
  readonly accounts?: AccountActivation;
  readonly apiVersion?: ApiVersion;
  readonly limits?: { resendS: number; mails: number; codeS: number };
}
export const FLOW = '0d7c2a52-6b5e-4a0e-8c56-0d1c2b3a4f01';
export const RECOVERY = { flow: { id: FLOW, slug: 'recovery', title: 'R', designation: 'recovery' } } as const;
export const LIMITS = { resendS: 30, mails: 3, codeS: 600 };
/** Returns a driver of the email stage. */
export function drive({
  accounts = new InMemoryAccountActivation(),
  limits = LIMITS,
  context = { pending_user: alice() },
  ...options
}: EmailOptions = {}) {
  return driveStage(emailContract, new EmailStage(accounts, limits), {
    ...options,
    context,
    config: { use_global_settings: true, ...options.config },
    request: { ...RECOVERY, ...options.request },
  });
}

type Mail = Extract<Effect, { type: 'mail' }>;
/** Returns the mails that a reply sends. */
export const mailsIn = (reply: StageReply) =>
  ('effects' in reply ? (reply.effects ?? []) : []).filter((effect): effect is Mail => effect.type === 'mail');
/** Returns the first mail that a reply sends. */
export const mailIn = (reply: StageReply) => mailsIn(reply)[0]!;
/** Returns the code in the mail of a reply. */
export const codeIn = (reply: StageReply) => String(mailIn(reply).variables['code']);
