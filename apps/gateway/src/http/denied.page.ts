import { Inject, Injectable } from '@nestjs/common';
import type { HostBrand } from '../execution/brands.js';
import type { Identity } from '../execution/plans.js';
import { AvatarService } from './avatars.js';
import { CSRF_FIELD, ensureCsrfToken } from './csrf.js';
import type { HttpExchange } from './exchange.js';
import { brandFlowInfo, userInfo } from './flow-info.js';
import { localeFor } from './language.js';
import { brandAppearance } from './looks.js';
import { sendPage } from './page.sender.js';
import { PageRenderer } from './site-pages.js';

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
