import { Inject, Injectable } from '@nestjs/common';
import type { Opinion, Policy, Question } from '../policy.js';
import type { reputationContract } from './reputation.contract.js';
import { Reputations } from './reputations.js';

/** Adds up what is known of the client's address and of the user's name. */
@Injectable()
export class ReputationPolicy implements Policy<typeof reputationContract> {
  constructor(@Inject(Reputations) private readonly reputations: Reputations) {}

  async evaluate({ config, request: { client, user } }: Question<typeof reputationContract>): Promise<Opinion> {
    const score = await this.reputations.score({
      ip: config.check_ip ? client.ip : undefined,
      identifier: config.check_username ? (user?.username ?? '') : undefined,
    });
    return { pass: score <= config.threshold };
  }
}
