import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** Returns whether a user has a device. $1 uuid of the user, $2 kind of the device, or null for any kind. */
const HAS: NamedStatement = { name: 'authenticators.has', text: 'SELECT mfa.has_device($1, $2) AS has' };

/** Looks up devices with `mfa.has_device`. The policy service's role may call no other function of that schema. */
export class AuthenticatorRepository {
  constructor(private readonly source: DataSource) {}

  /** Returns whether a user has a confirmed device, optionally of one kind. */
  async has(userId: string, kind: string | undefined): Promise<boolean> {
    const { rows } = await runNamed<{ has: boolean }>(this.source, HAS, [userId, kind ?? null]);
    return rows[0]?.has === true;
  }
}
