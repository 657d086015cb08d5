import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { type DeviceOffer, Factor, type FactorAnswer, type FactorContext, type ProofVerdict } from '../factor.js';
import { type DuoAuthStatus, DuoRejectedError, DuoUnavailableError } from './duo.js';
import { DuoClient } from './duo-client.js';
import type { DuoFactorState } from './duo-factor-state.js';
import { type DuoStageSettings, duoStageSettings } from './duo-stages.js';
import { PushRateLimiter } from './push-rate-limiter.js';

type Kind = 'duo';
type DuoFactorAnswer = FactorAnswer<Kind>;
type RefusalCode = 'authenticator_validate_duo' | 'authenticator_validate_duo_away';

/** Milliseconds after which a push is no longer pending. Duo itself ends a push earlier, after 60 seconds. */
const PUSH_LIFETIME_MS = 90_000;
/** Milliseconds before the deadline at which polling stops, so that the reply arrives in time. */
const REPLY_RESERVE_MS = 750;

/** Maximum number of long polls for a push in one request. */
const MAX_POLLS = 5;

/** Factor of phones on which the user confirms a push notification of Duo (docs/spec/mfa.md#duo-push). */
@Injectable()
export class DuoFactor extends Factor<Kind> {
  readonly deviceClass = 'duo';
  readonly field = 'duo';
  override readonly contactsUser = true;

  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(DuoClient) private readonly duo: DuoClient,
    @Inject(PushRateLimiter) private readonly pushes: PushRateLimiter,
  ) {
    super();
  }

  /** Offers no device whose stage was deleted, because only the stage's Duo account can reach the device. */
  offer({ input, devices, memory }: FactorContext<Kind>): DeviceOffer<Kind> | undefined {
    const usable = devices.filter(({ stage }) => duoStageSettings(input.companions, stage));
    const [first] = usable;
    // Do not show the number of a push that has ended, because the next answer sends another push with another number.
    const number = isPending(memory) && memory.until > Date.now() ? memory.number : undefined;
    return first && { uid: String(first.pk), challenge: number === undefined ? {} : { number }, devices: usable };
  }

  async verify(context: DuoFactorAnswer): Promise<ProofVerdict<Kind>> {
    const { input, offer, answer } = context;
    const device = offer.devices.find(({ pk }) => pk === answer);
    const settings = device && duoStageSettings(input.companions, device.stage);
    if (!device || !settings) return refused('authenticator_validate_duo');
    try {
      return await this.verifyByPush(context, device, settings);
    } catch (error) {
      if (error instanceof DuoUnavailableError) return refused('authenticator_validate_duo_away');
      if (error instanceof DuoRejectedError) return refused('authenticator_validate_duo');
      throw error;
    }
  }

  /** Waits for a pending push to this device. Sends a new push if none is pending. */
  private async verifyByPush(
    context: DuoFactorAnswer,
    device: Device,
    settings: DuoStageSettings,
  ): Promise<ProofVerdict<Kind>> {
    const { memory } = context;
    const isCurrent = memory?.device === device.pk && memory.until > Date.now();
    return isCurrent && isPending(memory)
      ? this.awaitAnswer(context, device, { settings, push: memory })
      : this.sendPush(context, device, settings);
  }

  private async sendPush(
    context: DuoFactorAnswer,
    device: Device,
    settings: DuoStageSettings,
  ): Promise<ProofVerdict<Kind>> {
    const { site, client } = context.input;
    const userId = device.handle ?? '';
    // Do not request number matching for an outpost, because an outpost cannot display the number.
    const numberMatching = settings.numberMatching && !client.outpost;
    const preauth = await this.duo.preauth(settings.account, { userId, ip: client.ip, numberMatching });
    if (preauth.result === 'allow') return this.accept(device);
    if (preauth.result !== 'auth') return refused('authenticator_validate_duo');
    if (!(await this.pushes.consume(device)))
      return refused(hasFailed(context, device) ? 'authenticator_validate_duo_away' : 'authenticator_validate_duo');
    const state = { device: device.pk, until: Date.now() + PUSH_LIFETIME_MS };
    const request = {
      ...{ userId, ip: client.ip, type: `${site.brand} Login request`, username: context.user?.username ?? '' },
      ...{ facts: pushFactsOf(context), transaction: preauth.verification?.transaction },
    };
    const transaction = await this.duo.push(settings.account, request).catch(undefinedIfUnavailable);
    // The push stays counted for the rate limit, because Duo may have sent it.
    if (transaction === undefined) return { ...refused('authenticator_validate_duo_away'), memory: state };
    const number = preauth.verification?.code;
    const push = { ...state, transaction, ...(number === undefined ? {} : { number }) };
    // Do not wait for the answer to a push with a number: the user can answer only after the page shows the number.
    return number === undefined ? this.awaitAnswer(context, device, { settings, push }) : waitingVerdict(push);
  }

  private async awaitAnswer(
    context: DuoFactorAnswer,
    device: Device,
    { settings, push }: { settings: DuoStageSettings; push: PendingPush },
  ): Promise<ProofVerdict<Kind>> {
    const status = await this.statusOf(context, settings, push);
    switch (status) {
      case 'allow':
        return this.accept(device);
      case 'waiting':
        return waitingVerdict(push);
      case 'away':
        return { ...refused('authenticator_validate_duo_away'), memory: push };
      case 'deny':
        await this.pushes.restartCooldown(device);
        return {
          ...refused('authenticator_validate_duo'),
          guessed: true,
          memory: { device: device.pk, until: 0 },
          eventContext: { duo_response: { result: status } },
        };
    }
  }

  /** Returns the status of a push. Returns `away` if Duo is unavailable, because the user can still answer the push. */
  private async statusOf(
    context: DuoFactorAnswer,
    settings: DuoStageSettings,
    push: PendingPush,
  ): Promise<DuoAuthStatus | 'away'> {
    try {
      return await this.pollStatus(context, settings, push);
    } catch (error) {
      if (error instanceof DuoUnavailableError) return 'away';
      throw error;
    }
  }

  /** Polls until the push is answered or the deadline is near. Duo reports intermediate steps as `waiting`. */
  private async pollStatus(
    { input }: DuoFactorAnswer,
    { account }: DuoStageSettings,
    { transaction }: PendingPush,
  ): Promise<DuoAuthStatus> {
    for (let polls = 0; polls < MAX_POLLS; polls++) {
      const remainingMs = input.timeLeftMs() - REPLY_RESERVE_MS;
      const status = remainingMs > 0 ? await this.duo.authStatus(account, transaction, remainingMs) : 'waiting';
      if (status !== 'waiting' || remainingMs <= 0) return status;
    }
    return 'waiting';
  }

  /** Accepts the proof, but refuses it if the device was deleted in the meantime. */
  private async accept(device: Device): Promise<ProofVerdict<Kind>> {
    return (await this.devices.recordUse(device)) ? { type: 'right', device } : refused('authenticator_validate_duo');
  }
}

type PendingPush = DuoFactorState & { readonly transaction: string };
const isPending = (state: DuoFactorState | undefined): state is PendingPush => state?.transaction !== undefined;

/** Returns whether Duo was unavailable when this login last tried to send a push to the device. */
const hasFailed = ({ memory }: DuoFactorAnswer, { pk }: Device): boolean =>
  memory?.device === pk && !isPending(memory) && memory.until > Date.now();

function undefinedIfUnavailable(error: unknown): undefined {
  if (!(error instanceof DuoUnavailableError)) throw error;
}

/**
 * Returns the verdict that the user has not answered the push yet. Repeats the number in an error message, because some
 * clients ignore `number` in the challenge.
 */
const waitingVerdict = (push: PendingPush): ProofVerdict<Kind> => ({
  type: 'waiting',
  memory: push,
  ...(push.number === undefined
    ? {}
    : { message: { code: 'authenticator_validate_duo_number', params: { number: push.number } } }),
});

type WrongVerdict = Extract<ProofVerdict<Kind>, { type: 'wrong' }>;
const refused = (code: RefusalCode): WrongVerdict => ({ type: 'wrong', guessed: false, message: { code } });

/** Returns the facts that the phone shows about a push: the host of the site and the name of the application. */
function pushFactsOf({ input: { site, context } }: DuoFactorAnswer): Record<string, string> {
  const application = context.application?.name;
  return { Domain: new URL(site.base_url).host, ...(application === undefined ? {} : { Application: application }) };
}
