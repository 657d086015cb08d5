import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { type DeviceOffer, Factor, type FactorAnswer, type FactorContext, type ProofVerdict } from '../factor.js';
import { Duo, type DuoAuthStatus, DuoRejectedError, DuoUnavailableError } from './duo.js';
import type { DuoMemory } from './duo-memory.js';
import { type DuoStageSettings, duoStageSettings } from './duo-stages.js';
import { PushRateLimiter } from './push-rate-limiter.js';

type Kind = 'duo';
type DuoFactorAnswer = FactorAnswer<Kind>;
type Code = 'authenticator_validate_duo' | 'authenticator_validate_duo_away';

/** Milliseconds after which Duo knows no message any more; it gives one up after sixty seconds by itself. */
const OPEN_MS = 90_000;
/** Milliseconds of the turn that are left for the answer to get back. */
const RETURN_MS = 750;

/** Steps of a message that are heard of in one turn. */
const MAX_STEPS = 5;

/** Messages to a phone, which somebody answers there (docs/spec/mfa.md#duo-push). */
@Injectable()
export class DuoFactor extends Factor<Kind> {
  readonly deviceClass = 'duo';
  readonly field = 'duo';
  override readonly asksSomebody = true;

  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(Duo) private readonly duo: Duo,
    @Inject(PushRateLimiter) private readonly pushes: PushRateLimiter,
  ) {
    super();
  }

  /** Devices whose stage is gone cannot be asked any more. */
  offer({ input, devices, memory }: FactorContext<Kind>): DeviceOffer<Kind> | undefined {
    const usable = devices.filter(({ stage }) => duoStageSettings(input.companions, stage));
    const [first] = usable;
    const number = isOpen(memory) ? memory.number : undefined;
    return first && { uid: String(first.pk), challenge: number === undefined ? {} : { number }, devices: usable };
  }

  async verify(asked: DuoFactorAnswer): Promise<ProofVerdict<Kind>> {
    const { input, offer, answer } = asked;
    const device = offer.devices.find(({ pk }) => pk === answer);
    const use = device && duoStageSettings(input.companions, device.stage);
    if (!device || !use) return refused('authenticator_validate_duo');
    try {
      return await this.ask(asked, device, use);
    } catch (error) {
      if (error instanceof DuoUnavailableError) return refused('authenticator_validate_duo_away');
      if (error instanceof DuoRejectedError) return refused('authenticator_validate_duo');
      throw error;
    }
  }

  /** One message is answered before another is sent, and after a refusal the phone has its rest. */
  private async ask(asked: DuoFactorAnswer, device: Device, use: DuoStageSettings): Promise<ProofVerdict<Kind>> {
    const { memory } = asked;
    const isOurs = memory?.device === device.pk && memory.until > Date.now();
    if (isOurs && memory.transaction === undefined) return refused('authenticator_validate_duo');
    return isOurs && isOpen(memory) ? this.wait(asked, device, { use, memory }) : this.begin(asked, device, use);
  }

  private async begin(asked: DuoFactorAnswer, device: Device, use: DuoStageSettings): Promise<ProofVerdict<Kind>> {
    const { site, client } = asked.input;
    const userId = device.handle ?? '';
    const numbers = use.numberMatching && !client.outpost;
    const demand = await this.duo.demand(use.account, { userId, ip: client.ip, numbers });
    if (demand.result === 'allow') return this.right(device);
    if (demand.result !== 'auth' || !(await this.pushes.take(device))) return refused('authenticator_validate_duo');
    const transaction = await this.duo.push(use.account, {
      ...{ userId, ip: client.ip, type: `${site.brand} Login request`, username: asked.user?.username ?? '' },
      ...{ facts: factsOf(asked), transaction: demand.verification?.transaction },
    });
    const number = demand.verification?.code;
    const memory = {
      device: device.pk,
      transaction,
      until: Date.now() + OPEN_MS,
      ...(number === undefined ? {} : { number }),
    };
    // The visitor must see the number before they can answer.
    return number === undefined ? this.wait(asked, device, { use, memory }) : waitingVerdict(memory);
  }

  private async wait(
    asked: DuoFactorAnswer,
    device: Device,
    { use, memory }: { use: DuoStageSettings; memory: Open },
  ): Promise<ProofVerdict<Kind>> {
    const answer = await this.news(asked, use, memory);
    switch (answer) {
      case 'allow':
        return this.right(device);
      case 'waiting':
        return waitingVerdict(memory);
      case 'deny':
        return {
          ...refused('authenticator_validate_duo'),
          guessed: true,
          memory: { device: device.pk, until: Date.now() + this.pushes.restMs },
          facts: { duo_response: { result: answer } },
        };
    }
  }

  /** Duo tells each step of a message's way; only its end is of interest. */
  private async news(
    { input }: DuoFactorAnswer,
    { account }: DuoStageSettings,
    { transaction }: Open,
  ): Promise<DuoAuthStatus> {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const leftMs = input.timeLeftMs() - RETURN_MS;
      const answer = leftMs > 0 ? await this.duo.answer(account, transaction, leftMs) : 'waiting';
      if (answer !== 'waiting' || leftMs <= 0) return answer;
    }
    return 'waiting';
  }

  /** A device that has been removed while its phone was asked proves nothing. */
  private async right(device: Device): Promise<ProofVerdict<Kind>> {
    return (await this.devices.recordUse(device)) ? { type: 'right', device } : refused('authenticator_validate_duo');
  }
}

type Open = DuoMemory & { readonly transaction: string };
const isOpen = (memory: DuoMemory | undefined): memory is Open => memory?.transaction !== undefined;

/** Clients that know no number read it where they read what is wrong. */
const waitingVerdict = (memory: Open): ProofVerdict<Kind> => ({
  type: 'waiting',
  memory,
  ...(memory.number === undefined
    ? {}
    : { message: { code: 'authenticator_validate_duo_number', params: { number: memory.number } } }),
});

type Wrong = Extract<ProofVerdict<Kind>, { type: 'wrong' }>;
const refused = (code: Code): Wrong => ({ type: 'wrong', guessed: false, message: { code } });

/** What the phone shows beside the account: where somebody wants to log in, and to what. */
function factsOf({ input: { site, context } }: DuoFactorAnswer): Record<string, string> {
  const application = context.application?.name;
  return { Domain: new URL(site.base_url).host, ...(application === undefined ? {} : { Application: application }) };
}
