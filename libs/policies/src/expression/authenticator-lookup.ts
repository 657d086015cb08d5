import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Authenticators } from './authenticators.js';

/** $1 user, $2 kind or null. */
const HAS: NamedStatement = { name: 'authenticators.has', text: 'SELECT mfa.has_device($1, $2) AS has' };

/** Asks the service of devices, by the one function of it that policies may call. */
export class TypeormAuthenticators extends Authenticators {
  constructor(private readonly source: DataSource) {
    super();
  }

  async has(userId: string, kind: string | undefined): Promise<boolean> {
    const { rows } = await runNamed<{ has: boolean }>(this.source, HAS, [userId, kind ?? null]);
    return rows[0]?.has === true;
  }
}
