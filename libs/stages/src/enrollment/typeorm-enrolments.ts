import { TypeormAccounts } from '@gatehouse/directory';
import { once } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Enrolments, type Writers } from './enrolments.js';
import { ENROLLMENT_SCHEMA } from './migrations/index.js';

/** Keeps what was done beside what was written. */
export class TypeormEnrolments extends Enrolments {
  constructor(private readonly source: DataSource) {
    super();
  }

  once<T extends object>(id: string, work: (writers: Writers) => Promise<T>): Promise<T> {
    return once(this.source, { table: `${ENROLLMENT_SCHEMA}.done`, id }, (manager) =>
      work({ accounts: new TypeormAccounts(manager) }),
    );
  }
}
