import { authenticatorsModule } from '@gatehouse/authenticators';
import { readConfig, Sealer } from '@gatehouse/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MessageQuotaRepository } from '../message-quota.repository.js';
import { CodeSender } from './code-sender.js';
import { HttpSmsGateway } from './http-sms-gateway.js';
import { PhoneNumberIndex } from './phone-number-index.js';
import { smsConfig } from './sms.config.js';

@Module({})
class SmsModule {}

/** Provides `CodeSender` and `PhoneNumberIndex` to the setup stage and to the validation stage. */
export const smsModule: DynamicModule = {
  module: SmsModule,
  imports: [authenticatorsModule()],
  providers: [
    PhoneNumberIndex,
    {
      provide: CodeSender,
      useFactory: (source: DataSource, sealer: Sealer) => {
        const limits = readConfig(smsConfig);
        const gateway = new HttpSmsGateway(limits);
        return new CodeSender({ gateway, quota: new MessageQuotaRepository(source), sealer, limits });
      },
      inject: [DataSource, Sealer],
    },
  ],
  exports: [PhoneNumberIndex, CodeSender],
};
