import type { HostBrand, Identity } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { brandFlowInfo, userInfo } from '../../flows/flow-info.js';
import { AvatarService } from '../../users/avatars/avatar.service.js';
import { CSRF_FIELD, ensureCsrfToken } from '../csrf.js';
import type { HttpExchange } from '../exchange.js';
import { pageLanguageFor } from '../locale.js';
import { sendPage } from './page.sender.js';
import { brandAppearance, PageRenderer } from './page-renderer.js';

interface DeniedPageOptions {
  readonly user: Identity | undefined;
  readonly brand: HostBrand;
  /** The reason, in the visitor's language. */
  readonly message: string;
  /** Reason code, from which the page may choose its own text (docs/adr/0061). */
  readonly reason?: string | undefined;
  readonly retryUrl: string;
}

/** The page that refuses a visitor outside of a flow. */
@Injectable()
export class AccessDeniedPage {
  constructor(
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
  ) {}

  send({ request, reply }: HttpExchange, { user, brand, message, reason, retryUrl }: DeniedPageOptions) {
    const challenge = {
      component: 'ak-stage-access-denied',
      flow_info: { ...brandFlowInfo(brand), cancel_url: retryUrl },
      ...userInfo(user, this.avatars),
      error_message: message,
      reason,
    };
    const page = this.pages.flow({
      ...{
        challenge,
        brand: brandAppearance(brand),
        ...pageLanguageFor(request, { user, brand }),
        slug: '',
        address: retryUrl,
      },
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
    });
    return sendPage(reply, page);
  }
}
