import { pass } from '@gatehouse/contracts';
import type { Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { userLogoutContract } from './user-logout.contract.js';

/** Logs whoever is there out, without asking; a stranger too, whose session is then as empty as anybody's. */
@Injectable()
export class UserLogoutStage implements Stage<typeof userLogoutContract> {
  challenge() {
    return pass<typeof userLogoutContract>({ effects: [{ type: 'logout' }] });
  }

  respond() {
    return this.challenge();
  }
}
