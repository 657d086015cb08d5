import { stageModule } from '@gatehouse/stage-kit';
import type { Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { consentDataSourceModule } from '../consent-pool.js';
import { deviceCodeContract } from './device-code.contract.js';
import { DeviceCodeStage } from './device-code.stage.js';
import { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeFinishStage } from './device-code-finish.stage.js';
import { DeviceCodeStore } from './device-code-store.js';
import { DeviceCodeController } from './nats-device-code.controller.js';
import { TypeormDeviceCodeStore } from './typeorm-device-code-store.js';

const codes = (): Provider => ({
  provide: DeviceCodeStore,
  useFactory: (source: DataSource) => new TypeormDeviceCodeStore(source),
  inject: [DataSource],
});

/** The stage that takes a device's code, and what the gateway asks about codes, on the bus. */
export const deviceCodeModule = () =>
  stageModule(deviceCodeContract, DeviceCodeStage, {
    imports: [consentDataSourceModule],
    controllers: [DeviceCodeController],
    providers: [codes()],
  });

/** The stage that lets a device in, on the bus. */
export const deviceCodeFinishModule = () =>
  stageModule(deviceCodeFinishContract, DeviceCodeFinishStage, {
    imports: [consentDataSourceModule],
    providers: [codes()],
  });
