import { authenticatorsModule } from '@gatehouse/authenticators';
import { readConfig } from '@gatehouse/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodeSender, SMS_SETTINGS } from './code-sender.js';
import { HttpMessages } from './http-messages.js';
import { Messages } from './messages.js';
import { Numbers } from './numbers.js';
import { Sends } from './sends.js';
import { smsConfig } from './sms.config.js';
import { TypeormSends } from './typeorm-sends.js';

@Module({})
class SmsModule {}

/** What sends codes to phones, for the stage that sets them up and the one that asks them. */
export const smsModule: DynamicModule = {
  module: SmsModule,
  imports: [authenticatorsModule()],
  providers: [
    { provide: SMS_SETTINGS, useFactory: () => readConfig(smsConfig) },
    {
      provide: Messages,
      useFactory: () => {
        const { SMS_TWILIO_URL, SMS_TIMEOUT_MS } = readConfig(smsConfig);
        return new HttpMessages(SMS_TWILIO_URL, SMS_TIMEOUT_MS);
      },
    },
    { provide: Sends, useFactory: (source: DataSource) => new TypeormSends(source), inject: [DataSource] },
    Numbers,
    CodeSender,
  ],
  exports: [Numbers, CodeSender],
};
