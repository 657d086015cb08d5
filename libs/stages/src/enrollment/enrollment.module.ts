import { directoryModule } from '@gatehouse/directory';
import type { DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EnrollmentTransactions } from './enrollment-transaction.js';

class EnrollmentModule {}

/**
 * The module that `enrollmentModule` returns to the stages that import it. All of them get the same object, so that
 * Nest creates the module once.
 */
const shared: DynamicModule = {
  module: EnrollmentModule,
  imports: [directoryModule()],
  providers: [
    {
      provide: EnrollmentTransactions,
      useFactory: (source: DataSource) => new EnrollmentTransactions(source),
      inject: [DataSource],
    },
  ],
  exports: [EnrollmentTransactions],
};

/** Returns the module that provides `EnrollmentTransactions` to the stages that write users. */
export const enrollmentModule = (): DynamicModule => shared;
