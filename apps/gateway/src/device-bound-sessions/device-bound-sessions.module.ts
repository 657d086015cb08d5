import { Module } from '@nestjs/common';
import { AuthModule } from '../http/auth/auth.module.js';
import { SocketsModule } from '../sockets/sockets.module.js';
import { DeviceBindingRepository } from './device-binding.repository.js';
import { DeviceBoundSessionController } from './device-bound-session.controller.js';
import { DeviceBoundSessionService } from './device-bound-session.service.js';

/** Sessions that are bound to the device of their browser. */
@Module({
  imports: [AuthModule, SocketsModule],
  controllers: [DeviceBoundSessionController],
  providers: [DeviceBindingRepository, DeviceBoundSessionService],
  exports: [DeviceBoundSessionService],
})
export class DeviceBoundSessionsModule {}
