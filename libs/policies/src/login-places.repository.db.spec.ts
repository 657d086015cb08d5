import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { ALICE } from '../testing/index.js';
import { LoginPlaceRepository } from './login-places.repository.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: 'flow', poolSize: 1 });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

it('findLatest returns the last logins of a user, newest first, without expired ones', async () => {
  await source.query(
    `INSERT INTO flow.login_places (user_id, at, country, latitude, longitude, device, expires_at) VALUES
     ($1, '2026-01-01T00:00:00Z', 'AU', -33.9, 151.2, 'gone', '-infinity'),
     ($1, '2026-01-02T00:00:00Z', 'DE', 52.5, 13.4, 'Firefox on Linux', 'infinity'),
     ($1, '2026-01-03T00:00:00Z', NULL, NULL, NULL, 'Safari on iOS', 'infinity'),
     (gen_random_uuid(), '2026-01-04T00:00:00Z', 'FR', 48.9, 2.3, 'of another user', 'infinity')`,
    [ALICE.uuid],
  );
  const places = new LoginPlaceRepository(source);
  const [newest, older] = [
    { at: new Date('2026-01-03T00:00:00Z'), country: undefined, position: undefined, device: 'Safari on iOS' },
    {
      ...{ at: new Date('2026-01-02T00:00:00Z'), country: 'DE', device: 'Firefox on Linux' },
      position: { latitude: 52.5, longitude: 13.4 },
    },
  ];
  expect(await places.findLatest(ALICE.uuid, 5)).toEqual([newest, older]);
  expect(await places.findLatest(ALICE.uuid, 1)).toEqual([newest]);
});
