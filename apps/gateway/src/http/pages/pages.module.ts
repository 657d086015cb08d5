import { Module } from '@nestjs/common';
import { BrandsModule } from '../../brands/brands.module.js';
import { UsersModule } from '../../users/users.module.js';
import { AccessDeniedPage } from './access-denied.page.js';
import { IconsController } from './icons.controller.js';
import { LanguageController } from './language.controller.js';
import { PageFilesController, ProofOfWorkScriptController } from './page-files.controller.js';

/** Scripts and icons of pages, their language menu, and the page that refuses visitors. */
@Module({
  imports: [BrandsModule, UsersModule],
  controllers: [IconsController, LanguageController, PageFilesController, ProofOfWorkScriptController],
  providers: [AccessDeniedPage],
  exports: [AccessDeniedPage],
})
export class PagesModule {}
