import { DIRECTORY_SCHEMA, directoryEntities, directoryMigrations, TypeormDirectoryStore } from '@gatehouse/directory';
import { migrate, openDataSource } from '@gatehouse/platform';
import { ENROLLMENT_SCHEMA, enrollmentMigrations } from '@gatehouse/stages/enrollment';
import { freshDatabase } from '../../../test/support/postgres.js';
import { TypeormEnrolments } from '../src/enrollment/enrollment-transaction.js';

/** A database with people and enrolments, for tests of the stages that write them. */
export async function enrolmentDatabase() {
  const database = await freshDatabase();
  const { url } = database;
  await migrate({ url, schema: DIRECTORY_SCHEMA, migrations: directoryMigrations });
  await migrate({ url, schema: ENROLLMENT_SCHEMA, migrations: enrollmentMigrations });
  const source = await openDataSource({ url, schema: DIRECTORY_SCHEMA, entities: directoryEntities, poolSize: 10 });
  return {
    url,
    source,
    register: new TypeormDirectoryStore(source.manager),
    enrolments: new TypeormEnrolments(source),
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

export type EnrolmentDatabase = Awaited<ReturnType<typeof enrolmentDatabase>>;
