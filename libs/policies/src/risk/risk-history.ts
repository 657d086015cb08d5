import { PolicyUserRepository } from '@gatehouse/directory';
import { Inject, Injectable } from '@nestjs/common';
import { LoginPlaceRepository } from '../login-places.repository.js';
import { ReputationRepository } from '../reputation.repository.js';

/** What this installation knows about earlier logins of users and addresses. */
@Injectable()
export class RiskHistory {
  constructor(
    @Inject(LoginPlaceRepository) readonly places: LoginPlaceRepository,
    @Inject(PolicyUserRepository) readonly users: PolicyUserRepository,
    @Inject(ReputationRepository) readonly reputations: ReputationRepository,
  ) {}
}
