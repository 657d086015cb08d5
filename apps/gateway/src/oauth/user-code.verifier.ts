import { type ClaimedCode, DEVICE_CODE_KIND, Problem, type SavedUser, userCode } from '@gatehouse/contracts';
import { AttemptStore, FlowObserver, ReservationFactory, refusalOf } from '@gatehouse/executor';
import { stages } from '@gatehouse/stages';
import { Inject, Injectable } from '@nestjs/common';
import { DeviceGrantClient } from './device-grant.client.js';

/** The attempt rules of the stage in which users type a code. A code from a link counts as the same attempts. */
const RULES = stages[DEVICE_CODE_KIND]?.contract.attempts ?? [];

/** The client address, and the id of the request that contains the code. */
interface CodeSender {
  readonly ip: string;
  /** Id of the request. The response header `x-authentik-id` contains it. */
  readonly requestId: string;
}

/** Claims user codes from links. Each code is an attempt, counted together with the codes that users type. */
@Injectable()
export class UserCodeVerifier {
  constructor(
    @Inject(AttemptStore) private readonly attempts: AttemptStore,
    @Inject(ReservationFactory) private readonly reservations: ReservationFactory,
    @Inject(DeviceGrantClient) private readonly grants: DeviceGrantClient,
    @Inject(FlowObserver) private readonly observer: FlowObserver,
  ) {}

  /**
   * Returns the claimed code, or undefined if it is wrong or the user has too many failures. Throws `rate_limited` if
   * the client's network has too many failures.
   */
  async claim(code: string, user: SavedUser, { ip, requestId }: CodeSender): Promise<ClaimedCode | undefined> {
    const guesser = { user, ip, isProved: true };
    const spent = this.reservations.reservationsFor({ rules: RULES, body: { code }, shown: undefined, ...guesser });
    const reserved = await this.attempts.reserve(spent, 0);
    if (!reserved.reserved) {
      this.observer.attemptRefused(refusalOf(reserved), {
        ...{ requestId, ip, flow: undefined, kind: DEVICE_CODE_KIND, user: user.uuid, subject: undefined },
      });
      if (reserved.network) throw new Problem('rate_limited', { retry_after_s: reserved.retryAfterS });
      return undefined;
    }
    if (!userCode.safeParse(code).success) return undefined;
    const claimed = await this.grants.claim(code, user.uuid).catch(async (error: unknown) => {
      await this.attempts.release(reserved.reservations);
      throw error;
    });
    if (claimed) await this.attempts.release(reserved.reservations);
    return claimed;
  }
}
