import { createHash } from 'node:crypto';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { CAPTCHA_SCHEMA } from './migrations/index.js';

/** Hours that a token is stored. Providers expire tokens after minutes, and a proof of work lives a day at most. */
export const REMEMBERED_HOURS = 25;

/** Expired rows that each insert deletes. More than one, so that they do not accumulate. */
const DELETED_PER_INSERT = 10;

/** $1 digest, $2 id of the request. Idempotent: a repeated request gets the same result. */
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

/** A captcha token, with the account at the provider that it belongs to. */
export interface CaptchaToken {
  /** Tokens of different accounts are independent. */
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
