import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** Returns the sum of the scores of an address and a user name. $1 IP address, $2 user name. A null matches no row. */
const SCORE: NamedStatement = {
  name: 'reputation_score',
  text: `SELECT coalesce(sum(score), 0)::int AS score FROM flow.reputation
    WHERE expires_at > now() AND (ip = $1::inet OR identifier = $2)`,
};

interface ReputationKey {
  readonly ip?: string | undefined;
  readonly identifier?: string | undefined;
}

/**
 * Reads reputation scores. Their table is the only one in the schema `flow` that the policy service's role may read.
 */
export class ReputationRepository {
  constructor(private readonly source: DataSource) {}

  /**
   * Returns the sum of the scores of all rows with this address or this identifier. A row that has both counts once.
   */
  async score({ ip, identifier }: ReputationKey): Promise<number> {
    const { rows } = await runNamed<{ score: number }>(this.source, SCORE, [ip ?? null, identifier ?? null]);
    return rows[0]?.score ?? 0;
  }
}
