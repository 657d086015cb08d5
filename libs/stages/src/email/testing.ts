import type { Effect, PlanContext, StageReply, StageRequest, User } from '@gatehouse/contracts';
import { AccountActivation } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { emailContract } from './email.contract.js';
import { EmailStage } from './email.stage.js';

/** The user whom tests mail to. */
export const UUID = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';
export const alice = (changes: object = {}): User => ({
  ...{ kind: 'saved', uuid: UUID, pk: 7, username: 'alice', name: 'Alice', email: 'alice@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
  ...changes,
});

/** Accounts in memory that wait for a mail. */
export class Waiting extends AccountActivation {
  readonly activated: string[] = [];
  constructor(private readonly willing = true) {
    super();
  }
  async activate(id: string, flow: string | undefined) {
    this.activated.push(`${id} in ${String(flow)}`);
    return this.willing;
  }
}

/** What a test changes of the stage and what it is asked. */
export interface Given {
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly request?: Partial<StageRequest>;
  readonly accounts?: AccountActivation;
  readonly limits?: { resendS: number; mails: number; codeS: number };
}
export const FLOW = '0d7c2a52-6b5e-4a0e-8c56-0d1c2b3a4f01';
export const RECOVERY = { flow: { id: FLOW, slug: 'recovery', title: 'R', designation: 'recovery' } } as const;
export const LIMITS = { resendS: 30, mails: 3, codeS: 600 };
/** The email stage, driven as the bus drives it. */
export function drive({
  accounts = new Waiting(),
  limits = LIMITS,
  context = { pending_user: alice() },
  ...given
}: Given = {}) {
  return driveStage(emailContract, new EmailStage(accounts, limits), {
    ...given,
    context,
    config: { use_global_settings: true, ...given.config },
    request: { ...RECOVERY, ...given.request },
  });
}

type Mail = Extract<Effect, { type: 'mail' }>;
/** The mails that a reply sends. */
export const mailsIn = (reply: StageReply) =>
  ('effects' in reply ? (reply.effects ?? []) : []).filter((effect): effect is Mail => effect.type === 'mail');
export const mailIn = (reply: StageReply) => mailsIn(reply)[0]!;
/** The code in the mail of a reply. */
export const codeIn = (reply: StageReply) => String(mailIn(reply).variables['code']);
