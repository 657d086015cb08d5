import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The superusers of an installation that has a set-up flow. */
export interface SetupFacts {
  /** Whether a superuser has a password, had one that became unusable, or has logged in before, active or not. */
  readonly is_done: boolean;
  /** Whether an active superuser never had a password and has never logged in. */
  readonly has_candidate: boolean;
}

/**
 * Returns no row if the set-up flow does not exist, so that `/` stays cheap in an installation without that flow. $1
 * slug of the flow.
 */
const FIND = {
  name: 'setup_facts',
  text: `SELECT coalesce(bool_or(s.is_claimed), false) AS is_done,
      coalesce(bool_or(s.is_active AND NOT s.is_claimed), false) AS has_candidate
    FROM flow.flows f LEFT JOIN LATERAL (
      SELECT i.is_active, directory.has_password(i.id) OR u.last_login IS NOT NULL AS is_claimed
      FROM directory.identities i JOIN directory.users u ON u.id = i.id WHERE i.is_superuser) s ON true
    WHERE f.slug = $1 GROUP BY f.id`,
};

/** Reads whether the installation has been set up. */
@Injectable()
export class SetupRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Returns the facts; `undefined` if no flow has the slug. */
  async find(flow: string): Promise<SetupFacts | undefined> {
    return (await runNamed<SetupFacts>(this.source, FIND, [flow])).rows[0];
  }
}
