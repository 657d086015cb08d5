import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AvatarService } from './avatars/avatar.service.js';
import { BrowserUsersService } from './browser-users.service.js';
import { ListOwnerResolver } from './list-owner.resolver.js';
import { UserRepository } from './user.repository.js';
import { UsersController } from './users.controller.js';

/** The current user, avatars, and users as owners of listed objects. */
@Module({
  imports: [BrandsModule, SessionsModule],
  controllers: [UsersController],
  providers: [UserRepository, AvatarService, BrowserUsersService, ListOwnerResolver],
  exports: [UserRepository, AvatarService, BrowserUsersService, ListOwnerResolver],
})
export class UsersModule {}
