import { Problem } from '@gatehouse/contracts';
import {
  type AttemptReservation,
  AttemptStore,
  attemptHmacKey,
  counterOf,
  credentialOf,
  DEFAULT_FIRST_DELAY_S,
  NETWORK_CREDENTIAL,
  type ReservationResult,
  userSubject,
} from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { RELEASE_ATTEMPTS, RESERVE_ATTEMPTS, UNLOCK_SUBJECT } from './attempt.statements.js';

/** Largest number of tries of a reservation that meets other requests which insert or delete the same rows. */
const MAX_TRIES = 5;

interface ReservedRow {
  /** One element per reserved attempt: the hex subject, a space, and the name of the counter. */
  readonly taken: readonly string[];
  /** Names of the counters that have reached their hard number by this reservation. */
  readonly locking: readonly string[];
  readonly blocked: readonly {
    readonly credential: string;
    readonly retry_after_s: number;
    readonly locked: boolean;
  }[];
  readonly at: string;
}

/**
 * Stores attempts in Postgres. One statement, committed before the answer is judged, reserves all attempts of an
 * answer.
 */
export class PostgresAttemptStore extends AttemptStore {
  constructor(
    private readonly source: DataSource,
    private readonly firstDelayS = DEFAULT_FIRST_DELAY_S,
  ) {
    super();
  }

  async reserve(reservations: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult> {
    const daily = reservations.map((reservation) => reservation.daily ?? null);
    const values = [...columns(reservations), `${ageMs} milliseconds`, `${this.firstDelayS} seconds`, daily];
    for (let i = 0; i < MAX_TRIES; i++) {
      const { taken, locking, blocked, at } = (await runNamed<ReservedRow>(this.source, RESERVE_ATTEMPTS, values))
        .rows[0]!;
      const dated = reservations.map((reservation) => ({
        ...reservation,
        ...{ reservedAt: at, locks: locking.includes(counterOf(reservation)) },
      }));
      if (taken.length === reservations.length) return { reserved: true, reservations: dated };
      if (blocked.length > 0) return blockedResult(blocked);
      // Another request has inserted a row that did not exist when this statement locked its rows. Releases what was
      // reserved. The next try finds and locks that row.
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
    return credentialsOf(rows);
  }
}

/**
 * Returns the refusal. For a blocked network, `retryAfterS` is the delay of the network alone: the client gets this
 * number, and must not learn the delay of a credential.
 */
function blockedResult(blocked: ReservedRow['blocked']): ReservationResult {
  const network = blocked.find(({ credential }) => credential === NETWORK_CREDENTIAL);
  const seconds = network?.retry_after_s ?? Math.max(...blocked.map((row) => row.retry_after_s));
  const locked = blocked.some((row) => row.locked);
  return { reserved: false, network: network !== undefined, locked, retryAfterS: Math.ceil(seconds) };
}

const keyOf = (reservation: AttemptReservation) => `${reservation.subject.toString('hex')} ${counterOf(reservation)}`;

const columns = (reservations: readonly AttemptReservation[]): unknown[] => [
  reservations.map(({ subject }) => subject),
  reservations.map(counterOf),
  reservations.map(({ free }) => free),
  reservations.map(({ hard }) => hard ?? null),
  reservations.map(({ forgetAfterS }) => (forgetAfterS === undefined ? null : `${forgetAfterS} seconds`)),
];

const credentialsOf = (rows: readonly { readonly credential: string }[]): readonly string[] =>
  [...new Set(rows.map(({ credential }) => credentialOf(credential)))].sort();

/** Unlocks a user: deletes all failed attempts at the user's credentials. Returns the credentials that had failures. */
export async function unlockUser(
  manager: EntityManager,
  pseudonymKey: string,
  uuid: string,
): Promise<readonly string[]> {
  const subject = userSubject(attemptHmacKey(pseudonymKey), uuid);
  const [rows] = await manager.query<[{ credential: string }[], number]>(UNLOCK_SUBJECT.text, [subject]);
  return credentialsOf(rows);
}
