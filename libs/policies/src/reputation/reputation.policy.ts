import { Inject, Injectable } from '@nestjs/common';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import type { reputationContract } from './reputation.contract.js';
import { Reputations } from './reputations.js';

/** Adds up what is known of the client's address and of the user's name. */
@Injectable()
export class ReputationPolicy implements Policy<typeof reputationContract> {
  constructor(@Inject(Reputations) private readonly reputations: Reputations) {}

  async evaluate({ config, request }: PolicyInput<typeof reputationContract>): Promise<PolicyOutcome> {
    const { client, user, reputation = [] } = request;
    const ip = config.check_ip ? client.ip : undefined;
    const identifier = config.check_username ? (user?.username ?? '') : undefined;
    const written = await this.reputations.score({ ip, identifier });
    // What has just happened at this address is in no table yet.
    const fresh = reputation.filter((change) => ip !== undefined || change.identifier === identifier);
    return { pass: fresh.reduce((score, { delta }) => score + delta, written) <= config.threshold };
  }
}
