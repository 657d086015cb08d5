import { createHash } from 'node:crypto';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { CAPTCHA_SCHEMA } from './migrations/index.js';
import { type CaptchaToken, SpentTokens } from './spent-tokens.js';

/** Hours that a token is remembered; every provider forgets it after minutes, and a proof lives a day at most. */
export const REMEMBERED_HOURS = 25;

/** Old ones that each new one sweeps away: more than come, so that they never pile up. */
const SWEPT = 10;

/** $1 digest, $2 id of the request. The same request that comes twice is answered alike. */
const SPEND = {
  name: 'captcha_spend',
  text: `
    WITH old AS (
      SELECT digest FROM ${CAPTCHA_SCHEMA}.spent WHERE at < now() - interval '${REMEMBERED_HOURS} hours'
      ORDER BY at LIMIT ${SWEPT} FOR UPDATE SKIP LOCKED),
    swept AS (DELETE FROM ${CAPTCHA_SCHEMA}.spent s USING old WHERE s.digest = old.digest)
    INSERT INTO ${CAPTCHA_SCHEMA}.spent AS s (digest, id) VALUES ($1, $2)
    ON CONFLICT (digest) DO UPDATE SET at = s.at WHERE s.id = excluded.id
    RETURNING 1`,
};

/** Keeps digests: what a token was is nobody's business. */
export class TypeormSpentTokens extends SpentTokens {
  constructor(private readonly source: DataSource) {
    super();
  }

  async spend({ account, text }: CaptchaToken, id: string): Promise<boolean> {
    const digest = createHash('sha256').update(`${account}\0${text}`).digest();
    const { rows } = await runNamed(this.source, SPEND, [digest, id]);
    return rows.length === 1;
  }
}
