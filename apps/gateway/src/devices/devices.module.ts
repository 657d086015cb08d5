import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { DeviceService } from './device.service.js';
import { DevicesController } from './devices.controller.js';
import { DuoEnrollmentController } from './duo-enrollment.controller.js';
import { PasskeyOriginsController } from './passkey-origins.controller.js';
import { UserDeviceRepository } from './user-device.repository.js';

/** Authenticators of users. */
@Module({
  imports: [AuthModule, BrandsModule, EngineModule, FlowsModule, SessionsModule],
  controllers: [DevicesController, DuoEnrollmentController, PasskeyOriginsController],
  providers: [DeviceService, UserDeviceRepository],
  exports: [DeviceService, UserDeviceRepository],
})
export class DevicesModule {}
