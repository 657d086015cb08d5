import { stageModule } from '@gatehouse/stage-kit';
import type { Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { consentDataSourceModule } from '../consent.module.js';
import { deviceCodeContract } from './device-code.contract.js';
import { DeviceCodeStage } from './device-code.stage.js';
import { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeFinishStage } from './device-code-finish.stage.js';
import { DeviceCodeStore } from './device-code-store.js';
import { DeviceCodeController } from './nats-device-code.controller.js';
import { TypeormDeviceCodeStore } from './typeorm-device-code-store.js';

const deviceCodeStore = (): Provider => ({
  provide: DeviceCodeStore,
  useFactory: (source: DataSource) => new TypeormDeviceCodeStore(source),
  inject: [DataSource],
});

/** Returns the module that serves the device code stage, and the gateway's requests about device codes. */
export const deviceCodeModule = () =>
  stageModule(deviceCodeContract, DeviceCodeStage, {
    imports: [consentDataSourceModule],
    controllers: [DeviceCodeController],
    providers: [deviceCodeStore()],
  });

/** Returns the module that serves the device code finish stage. */
export const deviceCodeFinishModule = () =>
  stageModule(deviceCodeFinishContract, DeviceCodeFinishStage, {
    imports: [consentDataSourceModule],
    providers: [deviceCodeStore()],
  });
