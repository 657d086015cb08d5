import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Attempts, type Claim, NETWORK_CREDENTIAL, type Taken } from '../execution/attempts.js';

/** A time that every answer came after. */
const NO_DELAY = 'to_timestamp(0)';

/**
 * $1 subjects, $2 credentials, $3 free, $4 hard, $5 forget after, $6 age of the answer. Locks the wanted rows in key order; when one of them is
 * locked or delayed takes nothing, else adds a failure to each and delays the next try (protocol §7).
 */
const TAKE = {
  name: 'attempts_take',
  text: `
    WITH wanted AS (
      SELECT * FROM unnest($1::bytea[], $2::text[], $3::int[], $4::int[], $5::interval[]) w(subject, credential, free, hard, forget)),
    held AS MATERIALIZED (
      SELECT a.* FROM flow.attempts a JOIN wanted USING (subject, credential)
      WHERE a.forget_after IS NULL OR a.updated_at > now() - a.forget_after
      ORDER BY a.subject, a.credential FOR UPDATE OF a),
    blocked AS (
      SELECT credential, greatest(extract(epoch FROM free_at - now()), 1) AS retry_after_s
      FROM held WHERE free_at > now() - $6::interval OR failures >= hard),
    taken AS (
      INSERT INTO flow.attempts AS a (subject, credential, failures, free_at, free, hard, forget_after)
      SELECT subject, credential, 1, CASE WHEN free <= 1 THEN now() + interval '1 s' ELSE ${NO_DELAY} END, free, hard, forget
      FROM wanted WHERE NOT EXISTS (SELECT FROM blocked) ORDER BY 1, 2
      ON CONFLICT (subject, credential) DO UPDATE SET updated_at = now(), free = excluded.free, hard = excluded.hard,
        failures = CASE WHEN a.updated_at < now() - a.forget_after THEN 1 ELSE a.failures + 1 END,
        free_at = CASE
          WHEN a.updated_at < now() - a.forget_after OR a.failures + 1 < excluded.free THEN ${NO_DELAY}
          ELSE now() + least(interval '1 hour', interval '1 s' * power(2, least(a.failures + 1 - excluded.free, 12))) END
      WHERE a.updated_at < now() - a.forget_after OR (a.free_at <= now() - $6::interval AND (a.hard IS NULL OR a.failures < a.hard))
      RETURNING 1)
    SELECT (SELECT count(*) FROM taken)::int AS taken,
      coalesce((SELECT json_agg(b) FROM blocked b), '[]') AS blocked`,
};

/** $1 subjects, $2 credentials: one attempt of each is given back. */
const GIVE_BACK = {
  name: 'attempts_give_back',
  text: `
    WITH held AS MATERIALIZED (
      SELECT a.subject, a.credential FROM flow.attempts a
      JOIN unnest($1::bytea[], $2::text[]) c(subject, credential) USING (subject, credential)
      ORDER BY a.subject, a.credential FOR UPDATE OF a)
    UPDATE flow.attempts a SET failures = greatest(failures - 1, 0), free_at = ${NO_DELAY}
    FROM held WHERE (a.subject, a.credential) = (held.subject, held.credential)`,
};

/** $1 subject. */
const UNLOCK = {
  name: 'attempts_unlock',
  text: 'DELETE FROM flow.attempts WHERE subject = $1 AND failures > 0 RETURNING credential',
};

interface TakeRow {
  readonly taken: number;
  readonly blocked: readonly { readonly credential: string; readonly retry_after_s: number }[];
}

/** Attempts in Postgres: each call is one committed statement, however many answers race. */
export class TypeormAttempts extends Attempts {
  constructor(private readonly source: DataSource) {
    super();
  }

  async take(claims: readonly Claim[], ageMs: number): Promise<Taken> {
    const { rows } = await runNamed<TakeRow>(this.source, TAKE, [
      claims.map(({ subject }) => subject),
      claims.map(({ credential }) => credential),
      claims.map(({ free }) => free),
      claims.map(({ hard }) => hard ?? null),
      claims.map(({ forgetAfterS }) => (forgetAfterS === undefined ? null : `${forgetAfterS} seconds`)),
      `${ageMs} milliseconds`,
    ]);
    const { taken, blocked } = rows[0]!;
    if (taken === claims.length) return { taken: true };
    return {
      taken: false,
      network: blocked.some(({ credential }) => credential === NETWORK_CREDENTIAL),
      retryAfterS: Math.ceil(Math.max(1, ...blocked.map((row) => row.retry_after_s))),
    };
  }

  async giveBack(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const subjects = claims.map(({ subject }) => subject);
    await runNamed(this.source, GIVE_BACK, [subjects, claims.map(({ credential }) => credential)]);
  }

  async unlock(subject: Buffer): Promise<readonly string[]> {
    const { rows } = await runNamed<{ credential: string }>(this.source, UNLOCK, [subject]);
    return rows.map(({ credential }) => credential).sort();
  }
}
