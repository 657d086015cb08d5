import { directoryModule } from '@gatehouse/directory';
import type { DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TypeormEnrolments } from './enrollment-transaction.js';
import { Enrolments } from './enrolments.js';

class EnrollmentModule {}

/** One object, so that Nest sees one module however many stages of the wing import it. */
const shared: DynamicModule = {
  module: EnrollmentModule,
  imports: [directoryModule()],
  providers: [
    { provide: Enrolments, useFactory: (source: DataSource) => new TypeormEnrolments(source), inject: [DataSource] },
  ],
  exports: [Enrolments],
};

/** What the stages of this wing write with, in the Postgres that DATABASE_URL names. */
export const enrollmentModule = (): DynamicModule => shared;
