import { DIRECTORY_SCHEMA, directoryEntities, directoryMigrations, TypeormDirectoryStore } from '@gatehouse/directory';
import { migrate, openDataSource } from '@gatehouse/platform';
import { ENROLLMENT_SCHEMA, enrollmentMigrations } from '@gatehouse/stages/enrollment';
import { freshDatabase } from '../../../test/support/postgres.js';
import { EnrollmentTransactions } from '../src/enrollment/enrollment-transaction.js';

/** Opens a database with the schemas `directory` and `enrollment`, for tests of the stages that write users. */
export async function openEnrollmentDatabase() {
  const database = await freshDatabase();
  const { url } = database;
  await migrate({ url, schema: DIRECTORY_SCHEMA, migrations: directoryMigrations });
  await migrate({ url, schema: ENROLLMENT_SCHEMA, migrations: enrollmentMigrations });
  const source = await openDataSource({ url, schema: DIRECTORY_SCHEMA, entities: directoryEntities, poolSize: 10 });
  return {
    url,
    source,
    directory: new TypeormDirectoryStore(source.manager),
    transactions: new EnrollmentTransactions(source),
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

export type EnrollmentDatabase = Awaited<ReturnType<typeof openEnrollmentDatabase>>;
