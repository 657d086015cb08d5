import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { ConsentsModule } from '../consents/consents.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SetupModule } from '../setup/setup.module.js';
import { SocketsModule } from '../sockets/sockets.module.js';
import { UserSwitchingModule } from '../user-switching/user-switching.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountPageController } from './account-page.controller.js';
import { DeviceFormService } from './device-form.service.js';
import { HomeController } from './home.controller.js';
import { UserFormService } from './user-form.service.js';

/** The account page, on which users manage their sessions, devices and consents. */
@Module({
  imports: [
    AuthModule,
    BrandsModule,
    ConsentsModule,
    DevicesModule,
    EngineModule,
    SessionsModule,
    SetupModule,
    SocketsModule,
    UserSwitchingModule,
    UsersModule,
  ],
  controllers: [HomeController, AccountPageController],
  providers: [DeviceFormService, UserFormService],
})
export class AccountModule {}
