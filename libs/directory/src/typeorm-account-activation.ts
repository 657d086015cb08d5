import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { AccountActivation } from './account-activation.js';
import { isSuperuserGuard } from './superuser-guard.js';

const ACTIVATE = {
  name: 'activations.activate',
  text: 'UPDATE directory.users SET is_active = true WHERE id = $1 AND NOT is_active AND awaits_flow = $2 RETURNING id',
};

const VERIFY = { name: 'activations.verify_email', text: 'SELECT directory.verify_email($1, $2)' };

/** Verifies addresses and activates accounts in `directory.users`. */
export class TypeormAccountActivation extends AccountActivation {
  constructor(private readonly source: DataSource) {
    super();
  }

  async recordVerified(userId: string, address: string): Promise<void> {
    await runNamed(this.source, VERIFY, [userId, address]);
  }

  async activate(userId: string, flow: string | undefined): Promise<boolean> {
    try {
      const { rows } = await runNamed(this.source, ACTIVATE, [userId, flow ?? null]);
      return rows.length > 0;
    } catch (error) {
      if (isSuperuserGuard(error)) return false;
      throw error;
    }
  }
}
