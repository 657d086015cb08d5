import { DataSource } from 'typeorm';
import { type LoginPlace, LoginPlaceRepository } from '../src/login-places.repository.js';

const HOUR_MS = 3_600_000;

/** Logins of one user, newest first, without a database. */
export class InMemoryLoginPlaces extends LoginPlaceRepository {
  constructor(private readonly logins: readonly LoginPlace[]) {
    super(new DataSource({ type: 'postgres' }));
  }

  override async findLatest(_user: string, limit: number): Promise<LoginPlace[]> {
    return this.logins.slice(0, limit);
  }
}

/** Returns a login from a place on the equator, some hours ago. A degree is 111.2 kilometres. */
export const loginAt = (
  longitude: number | undefined,
  hoursAgo: number,
  more: Partial<LoginPlace> = {},
): LoginPlace => ({
  at: new Date(Date.now() - hoursAgo * HOUR_MS),
  country: 'DE',
  position: longitude === undefined ? undefined : { latitude: 0, longitude },
  device: 'Firefox on Linux',
  ...more,
});
