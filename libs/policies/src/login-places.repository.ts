import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Position } from './distance.js';

/** Largest number of logins that the gateway keeps for each user. */
export const MAX_LOGIN_PLACES = 100;

/** An earlier login of a user. */
export interface LoginPlace {
  readonly at: Date;
  /** Undefined if the address of the login was in no GeoIP database. */
  readonly country: string | undefined;
  /** Rounded to a tenth of a degree, which is eleven kilometres at most. */
  readonly position: Position | undefined;
  /** Names of the browser and the operating system, such as `Firefox on Linux`. */
  readonly device: string;
}

/** Returns the newest logins of a user first. $1 UUID of the user, $2 largest number of logins. */
const LATEST: NamedStatement = {
  name: 'login_places.latest',
  text: `SELECT at, country, latitude::float8, longitude::float8, device FROM flow.login_places
    WHERE user_id = $1 AND expires_at > now() ORDER BY id DESC LIMIT $2`,
};

interface Row {
  readonly at: Date;
  readonly country: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly device: string;
}

/** Reads where, and with which browser, users have logged in (docs/spec/policies.md#login-places). */
export class LoginPlaceRepository {
  constructor(private readonly source: DataSource) {}

  /** Returns the last logins of a user, newest first. */
  async findLatest(userId: string, limit: number): Promise<LoginPlace[]> {
    const { rows } = await runNamed<Row>(this.source, LATEST, [userId, limit]);
    return rows.map(({ at, country, device, latitude, longitude }) => ({
      ...{ at, device, country: country ?? undefined },
      position: latitude === null || longitude === null ? undefined : { latitude, longitude },
    }));
  }
}
