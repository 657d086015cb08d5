import type { HostBrand, Identity } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { brandFlowInfo, userInfo } from '../../flows/flow-info.js';
import { AvatarService } from '../../users/avatars/avatar.service.js';
import { CSRF_FIELD, ensureCsrfToken } from '../csrf.js';
import type { HttpExchange } from '../exchange.js';
import { localeFor } from '../locale.js';
import { brandAppearance } from './brand-appearance.js';
import { sendPage } from './page.sender.js';
import { PageRenderer } from './page-renderer.js';

/** What is said, and where to try again. */
interface DeniedPageOptions {
  readonly user: Identity | undefined;
  readonly brand: HostBrand;
  readonly why: string;
  readonly again: string;
}

/** The page that says why somebody gets no further, where there is no flow to say it. */
@Injectable()
export class AccessDeniedPage {
  constructor(
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
  ) {}

  send({ request, reply }: HttpExchange, { user, brand, why, again }: DeniedPageOptions) {
    const challenge = {
      component: 'ak-stage-access-denied',
      flow_info: { ...brandFlowInfo(brand), cancel_url: again },
      ...userInfo(user, this.avatars),
      error_message: why,
    };
    const page = this.pages.flow({
      ...{
        challenge,
        brand: brandAppearance(brand),
        locale: localeFor(request, { user, brand }),
        slug: '',
        address: again,
      },
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
    });
    return sendPage(reply, page);
  }
}
