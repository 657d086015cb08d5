import { Inject, Injectable } from '@nestjs/common';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import { ReputationRepository } from '../reputation.repository.js';
import type { reputationContract } from './reputation.contract.js';

/** Passes if the sum of the reputation of the client's address and of the user name is at or below the threshold. */
@Injectable()
export class ReputationPolicy implements Policy<typeof reputationContract> {
  constructor(@Inject(ReputationRepository) private readonly reputations: ReputationRepository) {}

  async evaluate({ config, request }: PolicyInput<typeof reputationContract>): Promise<PolicyOutcome> {
    const { client, user, reputation = [] } = request;
    const ip = config.check_ip ? client.ip : undefined;
    const identifier = config.check_username ? (user?.username ?? '') : undefined;
    const storedScore = await this.reputations.score({ ip, identifier });
    // Changes that this request has made are not in the table yet, so they are added.
    const unsaved = reputation.filter((change) => ip !== undefined || change.identifier === identifier);
    return { pass: unsaved.reduce((score, { delta }) => score + delta, storedScore) <= config.threshold };
  }
}
