import { ask, deny, type Insert, isLocalPath, pass, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { consentContract } from '../consent.contract.js';
import type { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeStore } from './device-code-store.js';

type Contract = typeof deviceCodeFinishContract;
type Input = ChallengeInput<Contract>;
type Outcome = StageOutcome<Contract>;

/** Inserts a consent step before this step, which runs again after the consent. */
const CONSENT_FIRST: Insert = {
  where: 'before',
  steps: [{ kind: consentContract.kind, config: { mode: 'always_require' } }],
};

/**
 * Approves a device when the step is entered as the direct reply to a consent, or to the typed code, of the user who
 * has claimed the code. When the step is entered in any other way, asks for a consent first.
 */
@Injectable()
export class DeviceCodeFinishStage implements Stage<Contract> {
  constructor(@Inject(DeviceCodeStore) private readonly codes: DeviceCodeStore) {}

  async challenge(input: Input): Promise<Outcome> {
    const { id, config, session, step, state } = input;
    if (session.user?.kind !== 'saved') return deny<Contract>();
    if (state?.approved) return ask<Contract>({ approved: true });
    // An earlier try of this request, with the same id, may have approved the device, but its reply was lost.
    if (step.consented ? await this.approve(input) : await this.codes.isApproved(id)) return approved(input);
    if (step.consented || !(await this.codes.isOpen(config.claimed, session.user.uuid))) return expired();
    return isAskedHere(input) ? ask<Contract>({}) : pass<Contract>({ insert: CONSENT_FIRST });
  }

  async respond(input: RespondInput<Contract>): Promise<Outcome> {
    const { session, state, query } = input;
    if (session.user?.kind !== 'saved') return deny<Contract>();
    if (state?.approved) return pass<Contract>(destination(query['next']));
    if (!isAskedHere(input)) return this.challenge(input);
    if (!(await this.approve(input))) return expired();
    return pass<Contract>({ effects: [approvalEvent(input)], ...destination(query['next']) });
  }

  private async approve({ id, config, context, session: { user } }: Input): Promise<boolean> {
    return (
      user?.kind === 'saved' && this.codes.approve(id, { claimed: config.claimed, user, scopes: scopesOf(context) })
    );
  }
}

/**
 * Returns whether the gateway is older than 1.0 and sends no `consented`. This step must then ask for the approval
 * itself.
 */
const isAskedHere = ({ step }: Input) => step.consented === undefined;

const scopesOf = ({ consent_permissions = [] }: Input['context']) => consent_permissions.map(({ id }) => id);

const approved = (input: Input): Outcome =>
  ask<Contract>({ approved: true }, { state: { approved: true }, effects: [approvalEvent(input)] });

const approvalEvent = ({ context, flow }: Input) => {
  const scopes = scopesOf(context).join(' ');
  const facts = { authorized_application: context.application?.slug, flow: flow.id, scopes };
  return { type: 'event', action: 'authorize_application', context: facts } as const;
};

/**
 * Returns a context change that replaces an invalid `next` with `/`. Otherwise the visitor would see an error about
 * `next`, and could think that the device was refused.
 */
const destination = (next = '') => (next === '' || isLocalPath(next) ? {} : { context: { redirect: '/' } });

const expired = () => deny<Contract>({ message: { code: 'device_code_finish_over' } });
