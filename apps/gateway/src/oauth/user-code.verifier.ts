import { type AttemptRule, type ClaimedCode, Problem, type SavedUser, userCode } from '@gatehouse/contracts';
import type { AttemptStore, ReservationFactory } from '@gatehouse/executor';
import type { DeviceGrants } from './device-grants.js';

interface Parts {
  readonly attempts: AttemptStore;
  readonly claims: ReservationFactory;
  readonly grants: DeviceGrants;
  /** What an answer with a code spends. */
  readonly rules: readonly AttemptRule[];
}

/** Claims codes that come by a link: each is a guess like one that is typed, counted with those. */
export class UserCodeVerifier {
  constructor(private readonly parts: Parts) {}

  /** Undefined for a wrong code, and for any while there were too many of those. Throws rate_limited. */
  async claim(code: string, user: SavedUser, ip: string): Promise<ClaimedCode | undefined> {
    const { attempts, grants, rules } = this.parts;
    const spent = this.parts.claims.of({ rules, body: { code }, shown: undefined, user, ip });
    const taken = await attempts.take(spent, 0);
    if (!taken.taken && taken.network) throw new Problem('rate_limited', { retry_after_s: taken.retryAfterS });
    if (!taken.taken) return undefined;
    if (!userCode.safeParse(code).success) return undefined;
    const claimed = await grants.claim(code, user.uuid).catch(async (error: unknown) => {
      await attempts.giveBack(taken.claims);
      throw error;
    });
    if (claimed) await attempts.giveBack(taken.claims);
    return claimed;
  }
}
