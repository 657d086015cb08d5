import { ask, deny, isLocalPath, pass, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeStore } from './device-code-store.js';

type Contract = typeof deviceCodeFinishContract;

/** Approves a device when the user who has claimed the device's code responds. */
@Injectable()
export class DeviceCodeFinishStage implements Stage<Contract> {
  constructor(@Inject(DeviceCodeStore) private readonly codes: DeviceCodeStore) {}

  async challenge({ config, session }: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    if (session.user?.kind !== 'saved') return deny<Contract>();
    return (await this.codes.isOpen(config.claimed, session.user.uuid)) ? ask<Contract>({}) : expired();
  }

  async respond({
    id,
    config,
    context,
    session,
    flow,
    query,
  }: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    if (session.user?.kind !== 'saved') return deny<Contract>();
    const scopes = (context.consent_permissions ?? []).map((permission) => permission.id);
    const approved = await this.codes.approve(id, { claimed: config.claimed, user: session.user, scopes });
    if (!approved) return expired();
    const { application } = context;
    const eventContext = { authorized_application: application?.slug, flow: flow.id, scopes: scopes.join(' ') };
    const effects = [{ type: 'event', action: 'authorize_application', context: eventContext } as const];
    return pass<Contract>({ effects, ...(hasInvalidNext(query['next']) ? { context: { redirect: '/' } } : {}) });
  }
}

/**
 * Returns whether `next` is invalid. The stage then redirects to `/`, because an error about `next` would look as if
 * the device had been refused.
 */
const hasInvalidNext = (next = '') => next !== '' && !isLocalPath(next);

const expired = () => deny<Contract>({ message: { code: 'device_code_finish_over' } });
