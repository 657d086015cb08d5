import { NameTaken, TypeormAccounts, TypeormInvitations } from '@gatehouse/directory';
import { once } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Enrolments, Unwritable, type Writers } from './enrolments.js';
import { ENROLLMENT_SCHEMA } from './migrations/index.js';

/** Keeps what was done beside what was written. */
export class TypeormEnrolments extends Enrolments {
  constructor(private readonly source: DataSource) {
    super();
  }

  async once<T extends object>(id: string, work: (writers: Writers) => Promise<T>): Promise<T> {
    try {
      return await once(this.source, { table: `${ENROLLMENT_SCHEMA}.done`, id }, (manager) =>
        work({ accounts: new TypeormAccounts(manager), invitations: new TypeormInvitations(manager) }),
      );
    } catch (error) {
      throw error instanceof NameTaken || MISFIT.test(codeOf(error))
        ? new Unwritable('what is written does not fit', { cause: error })
        : error;
    }
  }
}

/** Values that a column does not take, and names that must be unique. */
const MISFIT = /^2[23]/;

const codeOf = (error: unknown) => String((error as { driverError?: { code?: unknown } }).driverError?.code ?? '');
