import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { ApiPageController } from './api-page.controller.js';
import { HealthController } from './health.controller.js';
import { RootConfigController } from './root-config.controller.js';
import { SchemaController } from './schema.controller.js';

/** Health, client configuration and the published schema. */
@Module({
  imports: [BrandsModule],
  controllers: [ApiPageController, HealthController, RootConfigController, SchemaController],
})
export class SystemModule {}
