import { randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import {
  ask,
  deny,
  pass,
  type SavedUser,
  type StageErrors,
  type StageMessage,
  type StageOutcome,
  type State,
} from '@gatehouse/contracts';
import { BusyError } from '@gatehouse/platform';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_NAMES } from '../default-names.js';
import { DeviceSetupStage, deviceAddedOutcome } from '../device-setup.stage.js';
import type { authenticatorDuoContract } from './authenticator-duo.contract.js';
import { type DuoEnrollStatus, DuoRejectedError, DuoUnavailableError } from './duo.js';
import { DuoClient } from './duo-client.js';
import { loginAccount } from './duo-stages.js';

type Contract = typeof authenticatorDuoContract;
type Input = ChallengeInput<Contract>;

const NAME = DEFAULT_NAMES.duo;

/** Pairs a phone with Duo, and adds the device once Duo confirms the pairing. */
@Injectable()
export class AuthenticatorDuoStage extends DeviceSetupStage<Contract> {
  constructor(
    @Inject(DeviceRepository) devices: DeviceRepository,
    @Inject(DuoClient) private readonly duo: DuoClient,
  ) {
    super(devices);
  }

  protected async begin(input: Input, owner: SavedUser): Promise<StageOutcome<Contract>> {
    return input.state ? show(input, input.state) : this.enroll(input, owner);
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const { state } = input;
    if (!state) return this.begin(input, owner);
    const status = await this.enrollStatus(input, state);
    if (input.response.poll) return showStatus(input, state, status);
    switch (status) {
      case 'success':
        return this.addDevice(input, owner, state);
      case 'invalid':
        return deny<Contract>({ message: { code: 'authenticator_duo_status', params: { status } } });
      case 'away':
        return repeatChallenge(input, state, { code: 'authenticator_duo_away' });
      case 'waiting':
        return repeatChallenge(input, state, { code: 'authenticator_duo_status', params: { status } });
    }
  }

  private async enroll(input: Input, { username }: SavedUser): Promise<StageOutcome<Contract>> {
    try {
      const enrollment = await this.duo.enroll(loginAccount(input.config), username);
      return show(input, { id: randomUUID(), ...enrollment });
    } catch (error) {
      if (error instanceof DuoUnavailableError) throw new BusyError(error.message);
      if (!(error instanceof DuoRejectedError)) throw error;
      const context = { message: `Failed to enroll user: ${error.message}` };
      return deny<Contract>({
        message: { code: 'authenticator_duo_failed' },
        effects: [{ type: 'event', action: 'configuration_error', context }],
      });
    }
  }

  private async enrollStatus({ config }: Input, enrollment: State<Contract>): Promise<DuoEnrollStatus | 'away'> {
    try {
      return await this.duo.enrollStatus(loginAccount(config), enrollment);
    } catch (error) {
      if (error instanceof DuoUnavailableError || error instanceof DuoRejectedError) return 'away';
      throw error;
    }
  }

  private async addDevice(input: Input, { uuid: user }: SavedUser, { id, userId: handle }: State<Contract>) {
    const device = { id, user, kind: 'duo', name: NAME, handle } as const;
    const pk = await this.devices.add({ ...device, stage: stageOf(input) });
    if (pk === undefined) return deny<Contract>({ message: { code: 'authenticator_duo_known' } });
    return pass<Contract>(deviceAddedOutcome(input, { ...device, pk }));
  }
}

/** Returns the challenge that shows the pairing. */
const show = (input: Input, state: State<Contract>) => ask<Contract>(challengeOf(input, state), { state });

/**
 * Returns the challenge with the status of the pairing, or without a status if Duo is unavailable (`away`). The outcome
 * has no state, so that the gateway does not count the poll as the answer to the step.
 */
const showStatus = (input: Input, state: State<Contract>, status: DuoEnrollStatus | 'away') =>
  ask<Contract>({ ...challengeOf(input, state), ...(status === 'away' ? {} : { duo_response: status }) });

const challengeOf = (input: Input, { activationBarcode, activationCode }: State<Contract>) => ({
  activation_barcode: activationBarcode,
  activation_code: activationCode,
  stage_uuid: stageOf(input),
});

/** Returns the same challenge with an error, so that the user can retry (docs/spec/mfa.md#duo-setup). */
const repeatChallenge = (input: Input, state: State<Contract>, message: StageMessage<Contract>) => ({
  ...show(input, state),
  errors: { non_field_errors: [message] } satisfies StageErrors<Contract>,
});

const stageOf = ({ step }: Input): string => step.stage ?? step.id;
