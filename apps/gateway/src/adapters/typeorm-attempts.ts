import { Problem } from '@gatehouse/contracts';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Attempts, type Claim, DEFAULT_FIRST_DELAY_S, NETWORK_CREDENTIAL, type Taken } from '../execution/attempts.js';
import { GIVE_BACK, PREPARE, TAKE, UNLOCK } from './attempt-statements.js';

/** Tries to find rows that others clear at the same time. */
const TRIES = 5;

interface TakeRow {
  readonly found: number;
  readonly taken: number;
  readonly blocked: readonly { readonly credential: string; readonly retry_after_s: number }[];
}

/** Attempts in Postgres: taking is one committed statement, however many answers race. */
export class TypeormAttempts extends Attempts {
  constructor(
    private readonly source: DataSource,
    private readonly firstDelayS = DEFAULT_FIRST_DELAY_S,
  ) {
    super();
  }

  async take(claims: readonly Claim[], ageMs: number): Promise<Taken> {
    const values = columns(claims);
    for (let i = 0; i < TRIES; i++) {
      const { rows } = await runNamed<TakeRow>(this.source, TAKE, [
        ...values,
        `${ageMs} milliseconds`,
        `${this.firstDelayS} seconds`,
      ]);
      const { found, taken, blocked } = rows[0]!;
      if (taken === claims.length) return { taken: true };
      if (blocked.length > 0) return refusal(blocked);
      // Only rows that are there can be locked, and only locked rows can be counted together.
      if (found < claims.length) await runNamed(this.source, PREPARE, values);
    }
    throw new Problem('database_away', { detail: 'The attempts could not be counted.' });
  }

  async giveBack(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const [subjects, credentials] = columns(claims);
    await runNamed(this.source, GIVE_BACK, [subjects, credentials]);
  }

  async unlock(subject: Buffer): Promise<readonly string[]> {
    const { rows } = await runNamed<{ credential: string }>(this.source, UNLOCK, [subject]);
    return rows.map(({ credential }) => credential).sort();
  }
}

/** How long a network has to wait; of a credential nobody is told. */
function refusal(blocked: TakeRow['blocked']): Taken {
  const network = blocked.find(({ credential }) => credential === NETWORK_CREDENTIAL);
  const seconds = network?.retry_after_s ?? Math.max(...blocked.map((row) => row.retry_after_s));
  return { taken: false, network: network !== undefined, retryAfterS: Math.ceil(seconds) };
}

const columns = (claims: readonly Claim[]): unknown[] => [
  claims.map(({ subject }) => subject),
  claims.map(({ credential }) => credential),
  claims.map(({ free }) => free),
  claims.map(({ hard }) => hard ?? null),
  claims.map(({ forgetAfterS }) => (forgetAfterS === undefined ? null : `${forgetAfterS} seconds`)),
];
