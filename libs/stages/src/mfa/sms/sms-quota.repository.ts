import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type QuotaSubject, Sends } from './sends.js';

const HOUR = `interval '1 hour'`;

/**
 * $1 subjects, $2 messages an hour, $3 seconds between two. Whoever waits for a row began before it was written: where no time
 * must lie between two, its time says nothing.
 */
const TAKE: NamedStatement = {
  name: 'sends.take',
  text: `
    WITH wanted AS (SELECT * FROM unnest($1::bytea[], $2::int[], $3::int[]) w(subject, most, apart)),
    held AS MATERIALIZED (
      SELECT s.*, w.most, w.apart FROM mfa.sends s JOIN wanted w USING (subject) ORDER BY s.subject FOR UPDATE OF s),
    blocked AS (SELECT FROM held
      WHERE (apart > 0 AND sent_at > now() - apart * interval '1 second') OR (since > now() - ${HOUR} AND sent >= most)),
    taken AS (
      INSERT INTO mfa.sends AS s (subject, sent_at, since, sent)
      SELECT subject, now(), now(), 1 FROM wanted WHERE NOT EXISTS (SELECT FROM blocked) ORDER BY subject
      ON CONFLICT (subject) DO UPDATE SET sent_at = now(),
        since = CASE WHEN s.since > now() - ${HOUR} THEN s.since ELSE now() END,
        sent = CASE WHEN s.since > now() - ${HOUR} THEN s.sent + 1 ELSE 1 END
      WHERE EXISTS (SELECT FROM wanted w WHERE w.subject = s.subject
        AND (w.apart = 0 OR s.sent_at <= now() - w.apart * interval '1 second')
        AND (s.since <= now() - ${HOUR} OR s.sent < w.most))
      RETURNING 1)
    SELECT (SELECT count(*) FROM taken)::int AS taken`,
};
const HAS: NamedStatement = { name: 'sends.has', text: 'SELECT FROM mfa.sends WHERE subject = $1' };
/** Rows that count for nothing any more. */
const FORGET: NamedStatement = {
  name: 'sends.forget',
  text: `DELETE FROM mfa.sends WHERE subject IN (
    SELECT subject FROM mfa.sends WHERE sent_at < now() - interval '2 hours' LIMIT 10 FOR UPDATE SKIP LOCKED)`,
};

/** Counts in Postgres; whoever counts takes a few old rows away. */
export class TypeormSends extends Sends {
  constructor(private readonly source: DataSource) {
    super();
  }

  async take(counted: readonly QuotaSubject[]): Promise<boolean> {
    const columns = [
      counted.map(({ subject }) => subject),
      counted.map(({ most }) => most),
      counted.map(({ apartS }) => apartS),
    ];
    const { rows } = await runNamed<{ taken: number }>(this.source, TAKE, columns);
    await runNamed(this.source, FORGET, []);
    return rows[0]?.taken === counted.length;
  }

  async has(subject: Buffer): Promise<boolean> {
    return (await runNamed(this.source, HAS, [subject])).rows.length > 0;
  }
}
