import { BrandStore } from '@gatehouse/executor';
import { Module } from '@nestjs/common';
import { BrandRepository } from './brand.repository.js';
import { BrandsController } from './brands.controller.js';

/** Finds the brand of a request's host, and returns it to clients. */
@Module({
  controllers: [BrandsController],
  providers: [{ provide: BrandStore, useClass: BrandRepository }],
  exports: [BrandStore],
})
export class BrandsModule {}
