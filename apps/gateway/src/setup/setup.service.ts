import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SetupRepository } from './setup.repository.js';

/** Slug of the flow in which the first administrator sets a password. */
export const SETUP_FLOW = 'initial-setup';

/**
 * `open`: the set-up can start. `done`: an administrator has set a password. `unavailable`: a prerequisite of the
 * set-up is missing.
 */
export type SetupState = 'open' | 'done' | 'unavailable';

/** Reports whether the installation waits for its first administrator (docs/adr/0101). */
@Injectable()
export class SetupService {
  private isDone = false;

  constructor(
    @Inject(SetupRepository) private readonly repository: SetupRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  /** Returns the state. It is `unavailable` under 2024.8, which has no set-up page. */
  async state(): Promise<SetupState> {
    if (this.config.API_VERSION === '2024.8') return 'unavailable';
    // A finished set-up is cached until the next start: no change of users opens the set-up again, and no query is
    // needed.
    if (this.isDone) return 'done';
    const facts = await this.repository.find(SETUP_FLOW);
    this.isDone = facts?.is_done === true;
    if (this.isDone) return 'done';
    return facts?.has_candidate ? 'open' : 'unavailable';
  }
}
