import { pass } from '@gatehouse/contracts';
import type { Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { userLogoutContract } from './user-logout.contract.js';

/** Logs the user out without a challenge. Passes for an anonymous visitor as well. */
@Injectable()
export class UserLogoutStage implements Stage<typeof userLogoutContract> {
  challenge() {
    return pass<typeof userLogoutContract>({ effects: [{ type: 'logout' }] });
  }

  respond() {
    return this.challenge();
  }
}
