import { Problem } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../http/auth/auth.service.js';
import { pageLanguageFor } from '../http/locale.js';
import { brandAppearance } from '../http/pages/page-renderer.js';

/** Path of the pages about flows. */
export const FLOW_PAGES_PATH = '/if/admin/flows/';

/** Returns whether a text can be the slug of a flow. */
export const isSlug = (text: string): boolean => /^[-\w]+$/.test(text);

/** Loads the data that all pages about flows share. */
@Injectable()
export class FlowPageContext {
  constructor(@Inject(BrandStore) private readonly brands: BrandStore) {}

  /** Returns the data of the page that do not depend on the flow. */
  async load(request: FastifyRequest, { user }: Principal) {
    const brand = await this.brands.find(request.host);
    return { brand: brandAppearance(brand), ...pageLanguageFor(request, { user, brand }), now: new Date() };
  }
}

/**
 * Returns the superuser of a request, or `undefined` for an anonymous visitor. Throws `permission_denied` for any other
 * user.
 */
export function superuserOf({ principal }: FastifyRequest): Principal | undefined {
  if (principal && !principal.user.is_superuser) throw new Problem('permission_denied');
  return principal;
}
