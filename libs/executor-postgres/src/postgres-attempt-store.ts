import { Problem } from '@gatehouse/contracts';
import {
  type AttemptReservation,
  AttemptStore,
  attemptHmacKey,
  DEFAULT_FIRST_DELAY_S,
  NETWORK_CREDENTIAL,
  type ReservationResult,
  userSubject,
} from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { RELEASE_ATTEMPTS, RESERVE_ATTEMPTS, UNLOCK_SUBJECT } from './attempt.statements.js';

/** Tries to find rows that other requests insert and delete at the same time. */
const MAX_TRIES = 5;

interface ReservedRow {
  /** Subject and credential of each reserved attempt. */
  readonly taken: readonly string[];
  readonly blocked: readonly { readonly credential: string; readonly retry_after_s: number }[];
  readonly at: string;
}

/** Attempts in Postgres. A reservation is one committed statement, even when many answers race. */
export class PostgresAttemptStore extends AttemptStore {
  constructor(
    private readonly source: DataSource,
    private readonly firstDelayS = DEFAULT_FIRST_DELAY_S,
  ) {
    super();
  }

  async reserve(reservations: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult> {
    const values = [...columns(reservations), `${ageMs} milliseconds`, `${this.firstDelayS} seconds`];
    for (let i = 0; i < MAX_TRIES; i++) {
      const { taken, blocked, at } = (await runNamed<ReservedRow>(this.source, RESERVE_ATTEMPTS, values)).rows[0]!;
      const dated = reservations.map((reservation) => ({ ...reservation, reservedAt: at }));
      if (taken.length === reservations.length) return { reserved: true, reservations: dated };
      if (blocked.length > 0) return blockedResult(blocked);
      // Another request inserted a row that did not exist and so could not be locked. The next try finds it.
      await this.release(dated.filter((reservation) => taken.includes(keyOf(reservation))));
    }
    throw new Problem('database_away', { detail: 'The attempts could not be counted.' });
  }

  async release(reservations: readonly AttemptReservation[]): Promise<void> {
    if (reservations.length === 0) return;
    const [subjects, credentials] = columns(reservations);
    const times = reservations.map(({ reservedAt = null }) => reservedAt);
    await runNamed(this.source, RELEASE_ATTEMPTS, [subjects, credentials, times]);
  }

  async unlock(subject: Buffer): Promise<readonly string[]> {
    const { rows } = await runNamed<{ credential: string }>(this.source, UNLOCK_SUBJECT, [subject]);
    return rows.map(({ credential }) => credential).sort();
  }
}

/** Returns the delay of a blocked network. The client must not learn the delay of a credential. */
function blockedResult(blocked: ReservedRow['blocked']): ReservationResult {
  const network = blocked.find(({ credential }) => credential === NETWORK_CREDENTIAL);
  const seconds = network?.retry_after_s ?? Math.max(...blocked.map((row) => row.retry_after_s));
  return { reserved: false, network: network !== undefined, retryAfterS: Math.ceil(seconds) };
}

const keyOf = ({ subject, credential }: AttemptReservation) => `${subject.toString('hex')} ${credential}`;

const columns = (reservations: readonly AttemptReservation[]): unknown[] => [
  reservations.map(({ subject }) => subject),
  reservations.map(({ credential }) => credential),
  reservations.map(({ free }) => free),
  reservations.map(({ hard }) => hard ?? null),
  reservations.map(({ forgetAfterS }) => (forgetAfterS === undefined ? null : `${forgetAfterS} seconds`)),
];

/** Deletes all failed attempts at a user's credentials, including disabled ones. Returns the credentials that had some. */
export const unlockUser = (source: DataSource, secretKey: string, uuid: string): Promise<readonly string[]> =>
  new PostgresAttemptStore(source).unlock(userSubject(attemptHmacKey(secretKey), uuid));
