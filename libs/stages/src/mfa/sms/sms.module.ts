import { authenticatorsModule } from '@gatehouse/authenticators';
import { readConfig, Sealer } from '@gatehouse/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodeSender } from './code-sender.js';
import { HttpSmsGateway } from './http-sms-gateway.js';
import { PhoneNumberIndex } from './phone-number-index.js';
import { smsConfig } from './sms.config.js';
import { TypeormSends } from './sms-quota.repository.js';

@Module({})
class SmsModule {}

/** What sends codes to phones, for the stage that sets them up and the one that asks them. */
export const smsModule: DynamicModule = {
  module: SmsModule,
  imports: [authenticatorsModule()],
  providers: [
    PhoneNumberIndex,
    {
      provide: CodeSender,
      useFactory: (source: DataSource, sealer: Sealer) => {
        const limits = readConfig(smsConfig);
        const messages = new HttpSmsGateway(limits.SMS_TWILIO_URL, limits.SMS_TIMEOUT_MS);
        return new CodeSender({ messages, sends: new TypeormSends(source), sealer, limits });
      },
      inject: [DataSource, Sealer],
    },
  ],
  exports: [PhoneNumberIndex, CodeSender],
};
