import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.js';
import { AccessDeniedPage } from './access-denied.page.js';
import { PageFilesController, ProofOfWorkScriptController } from './page-files.controller.js';

/** Scripts of pages, and the page that refuses visitors. */
@Module({
  imports: [UsersModule],
  controllers: [PageFilesController, ProofOfWorkScriptController],
  providers: [AccessDeniedPage],
  exports: [AccessDeniedPage],
})
export class PagesModule {}
