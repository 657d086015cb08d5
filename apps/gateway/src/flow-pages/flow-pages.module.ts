import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { FlowListRepository } from './flow-list.repository.js';
import { FlowPagesController } from './flow-pages.controller.js';
import { FlowVersionRepository } from './flow-version.repository.js';

/** The pages on which superusers look at flows and their versions. */
@Module({
  imports: [AuthModule, BrandsModule],
  controllers: [FlowPagesController],
  providers: [FlowListRepository, FlowVersionRepository],
})
export class FlowPagesModule {}
