import { authenticatorsModule } from '@gatehouse/authenticators';
import { readConfig } from '@gatehouse/platform';
import { mailConfig, mailLimitsOf } from '@gatehouse/stage-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { EmailAddressIndex } from './email-address-index.js';
import { MAIL_LIMITS } from './mail-limits.js';

@Module({})
class EmailModule {}

/** Provides `EmailAddressIndex` and the limits on mails to the setup stage and to the validation stage. */
export const emailModule: DynamicModule = {
  module: EmailModule,
  imports: [authenticatorsModule()],
  providers: [EmailAddressIndex, { provide: MAIL_LIMITS, useFactory: () => mailLimitsOf(readConfig(mailConfig)) }],
  exports: [EmailAddressIndex, MAIL_LIMITS],
};
