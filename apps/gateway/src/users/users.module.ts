import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AvatarService } from './avatars/avatar.service.js';
import { ListOwnerResolver } from './list-owner.resolver.js';
import { UserRepository } from './user.repository.js';
import { UsersController } from './users.controller.js';

/** The current user, avatars, and users as owners of listed objects. */
@Module({
  imports: [SessionsModule],
  controllers: [UsersController],
  providers: [UserRepository, AvatarService, ListOwnerResolver],
  exports: [UserRepository, AvatarService, ListOwnerResolver],
})
export class UsersModule {}
