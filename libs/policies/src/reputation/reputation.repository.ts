import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Reputations } from './reputations.js';

/** $1 address, $2 name; null for what does not count. */
const SCORE: NamedStatement = {
  name: 'reputation_score',
  text: `SELECT coalesce(sum(score), 0)::int AS score FROM flow.reputation
    WHERE expires_at > now() AND (ip = $1::inet OR identifier = $2)`,
};

/** Scores as the gateway keeps them, which is all that policies may read of what it keeps. */
export class TypeormReputations extends Reputations {
  constructor(private readonly source: DataSource) {
    super();
  }

  async score({ ip, identifier }: Parameters<Reputations['score']>[0]): Promise<number> {
    const { rows } = await runNamed<{ score: number }>(this.source, SCORE, [ip ?? null, identifier ?? null]);
    return rows[0]?.score ?? 0;
  }
}
