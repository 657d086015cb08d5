import { serveStage } from '@gatehouse/stage-kit';
import type { Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { consentPool } from '../consent-pool.js';
import { deviceCodeContract } from './device-code.contract.js';
import { DeviceCodeStage } from './device-code.stage.js';
import { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeFinishStage } from './device-code-finish.stage.js';
import { DeviceCodes } from './device-codes.js';
import { NatsDeviceCodesController } from './nats-device-codes.controller.js';
import { TypeormDeviceCodes } from './typeorm-device-codes.js';

const codes = (): Provider => ({
  provide: DeviceCodes,
  useFactory: (source: DataSource) => new TypeormDeviceCodes(source),
  inject: [DataSource],
});

/** The stage that takes a device's code, and what the gateway asks about codes, on the bus. */
export const deviceCodeModule = () =>
  serveStage(deviceCodeContract, DeviceCodeStage, {
    imports: [consentPool],
    controllers: [NatsDeviceCodesController],
    providers: [codes()],
  });

/** The stage that lets a device in, on the bus. */
export const deviceCodeFinishModule = () =>
  serveStage(deviceCodeFinishContract, DeviceCodeFinishStage, {
    imports: [consentPool],
    providers: [codes()],
  });
