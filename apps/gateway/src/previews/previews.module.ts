import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { UsersModule } from '../users/users.module.js';
import { PreviewController } from './preview.controller.js';
import { PreviewRateLimiter } from './preview.rate-limiter.js';
import { PreviewService } from './preview.service.js';
import { PreviewLinkService } from './preview-link.service.js';
import { PreviewPageController } from './preview-page.controller.js';

/** Previews of flow versions, for superusers. */
@Module({
  imports: [AuthModule, BrandsModule, EngineModule, FlowsModule, UsersModule],
  controllers: [PreviewController, PreviewPageController],
  providers: [PreviewLinkService, PreviewRateLimiter, PreviewService],
  exports: [PreviewLinkService],
})
export class PreviewsModule {}
