import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** The message limits of a phone number, user, client network or device. `subject` is its keyed digest. */
export interface QuotaSubject {
  readonly subject: Buffer;
  readonly maxPerHour: number;
  /** Minimum number of seconds between two messages; 0 for no minimum. */
  readonly minIntervalS: number;
}

const HOUR = `interval '1 hour'`;

/**
 * Counts one message for each subject, or for none of them if one has reached a limit. $1: subjects, $2: maximum
 * messages an hour for each subject, $3: minimum seconds between two messages for each subject. `held` locks the counts
 * of the subjects, `blocked` selects the counts that have reached a limit, and `taken` adds one message to each count
 * if none is blocked. `now()` is the start of the transaction, so it may be earlier than `sent_at` after a wait for a
 * row lock. This must not block a subject without a minimum interval, so the statement ignores `sent_at` for such a
 * subject.
 */
const CONSUME: NamedStatement = {
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
const HAS_RECENT: NamedStatement = { name: 'sends.has', text: 'SELECT FROM mfa.sends WHERE subject = $1' };
const RESTART_INTERVAL: NamedStatement = {
  name: 'sends.restart',
  text: 'UPDATE mfa.sends SET sent_at = now() WHERE subject = $1',
};
/** Deletes rows that are too old to affect a limit. */
const DELETE_OLD: NamedStatement = {
  name: 'sends.forget',
  text: `DELETE FROM mfa.sends WHERE subject IN (
    SELECT subject FROM mfa.sends WHERE sent_at < now() - interval '2 hours' LIMIT 10 FOR UPDATE SKIP LOCKED)`,
};

/**
 * Limits the rate of text messages and push notifications, because they cost money and can be abused to annoy other
 * people.
 */
export class MessageQuotaRepository {
  constructor(private readonly source: DataSource) {}

  /** Counts one message for every subject. Returns `false` and counts nothing if any limit is reached. */
  async consume(subjects: readonly QuotaSubject[]): Promise<boolean> {
    const columns = [
      subjects.map(({ subject }) => subject),
      subjects.map(({ maxPerHour }) => maxPerHour),
      subjects.map(({ minIntervalS }) => minIntervalS),
    ];
    const { rows } = await runNamed<{ taken: number }>(this.source, CONSUME, columns);
    await runNamed(this.source, DELETE_OLD, []);
    return rows[0]?.taken === subjects.length;
  }

  /** Restarts the minimum interval between the messages of a subject. Counts no message. */
  async restartInterval(subject: Buffer): Promise<void> {
    await runNamed(this.source, RESTART_INTERVAL, [subject]);
  }

  /**
   * Returns whether a message was counted for a subject within the last two hours, or earlier if its row is not deleted
   * yet.
   */
  async hasRecent(subject: Buffer): Promise<boolean> {
    return (await runNamed(this.source, HAS_RECENT, [subject])).rows.length > 0;
  }
}
