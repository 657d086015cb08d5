import type { EntityManager } from 'typeorm';
import { Accounts } from './accounts.js';

/** Writes `directory.users` in the transaction of `manager`, and never reads what proves who somebody is. */
export class TypeormAccounts extends Accounts {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async remove(userId: string): Promise<boolean> {
    const [, removed] = await this.manager.query<[unknown[], number]>('DELETE FROM directory.users WHERE id = $1', [
      userId,
    ]);
    return removed > 0;
  }
}
