import { createHash } from 'node:crypto';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { CAPTCHA_SCHEMA } from './migrations/index.js';

/**
 * Hours for which an accepted token is stored. The tokens of providers expire after minutes, and a proof of work
 * expires after a day at most.
 */
export const REMEMBERED_HOURS = 25;

/** Largest number of expired rows that one insert deletes. More than one, so that expired rows do not accumulate. */
const DELETED_PER_INSERT = 10;

/**
 * Inserts an accepted token. $1 digest of the token, $2 id of the request. Returns no row if another request has used
 * the token. The parts `old` and `swept` find and delete expired rows.
 */
const SPEND = {
  name: 'captcha_spend',
  text: `
    WITH old AS (
      SELECT digest FROM ${CAPTCHA_SCHEMA}.spent WHERE at < now() - interval '${REMEMBERED_HOURS} hours'
      ORDER BY at LIMIT ${DELETED_PER_INSERT} FOR UPDATE SKIP LOCKED),
    swept AS (DELETE FROM ${CAPTCHA_SCHEMA}.spent s USING old WHERE s.digest = old.digest)
    INSERT INTO ${CAPTCHA_SCHEMA}.spent AS s (digest, id) VALUES ($1, $2)
    ON CONFLICT (digest) DO UPDATE SET at = s.at WHERE s.id = excluded.id
    RETURNING 1`,
};

/** A captcha token, with the site operator's account at the provider. */
export interface CaptchaToken {
  /** API URL and site key of the provider, or `PROOF_OF_WORK`. The same text from two accounts counts as two tokens. */
  readonly account: string;
  readonly text: string;
}

/** Stores the digests of accepted tokens, so that no process accepts a token twice. */
export class SpentTokenRepository {
  constructor(private readonly source: DataSource) {}

  /** Accepts a token for the request `id`. Returns `false` if another request has used the token before. */
  async spend({ account, text }: CaptchaToken, id: string): Promise<boolean> {
    const digest = createHash('sha256').update(`${account}\0${text}`).digest();
    const { rows } = await runNamed(this.source, SPEND, [digest, id]);
    return rows.length === 1;
  }
}
