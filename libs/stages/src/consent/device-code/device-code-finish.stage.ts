import { ask, deny, isLocalPath, pass, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeStore } from './device-code-store.js';

type Contract = typeof deviceCodeFinishContract;

/** Lets a device in when whoever has claimed its code says so. */
@Injectable()
export class DeviceCodeFinishStage implements Stage<Contract> {
  constructor(@Inject(DeviceCodeStore) private readonly codes: DeviceCodeStore) {}

  async challenge({ config, session }: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    if (session.user?.kind !== 'saved') return deny<Contract>();
    return (await this.codes.isOpen(config.claimed, session.user.uuid)) ? ask<Contract>({}) : over();
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
    if (!approved) return over();
    const { application } = context;
    const what = { authorized_application: application?.slug, flow: flow.id, scopes: scopes.join(' ') };
    const effects = [{ type: 'event', action: 'authorize_application', context: what } as const];
    return pass<Contract>({ effects, ...(redirectsAway(query['next']) ? { context: { redirect: '/' } } : {}) });
  }
}

/** The device is let in: an address that nobody is led to does not say that it was refused. */
const redirectsAway = (next = '') => next !== '' && !isLocalPath(next);

const over = () => deny<Contract>({ message: { code: 'device_code_finish_over' } });
