import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { ApiPageController } from './api-page.controller.js';
import { BlueprintSchemaController } from './blueprint-schema.controller.js';
import { HealthController } from './health.controller.js';
import { RootConfigController } from './root-config.controller.js';
import { SchemaController } from './schema.controller.js';

/** Health, client configuration and the published schemas. */
@Module({
  imports: [BrandsModule],
  controllers: [ApiPageController, BlueprintSchemaController, HealthController, RootConfigController, SchemaController],
})
export class SystemModule {}
